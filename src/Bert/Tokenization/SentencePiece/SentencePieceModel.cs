using System.Text;

namespace BareBert.Bert.Tokenization;

/// <summary>What kind a piece of a sentencepiece model is; the numbers are the file's.</summary>
internal enum PieceKind { Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6 }

/// <summary>One entry of a sentencepiece model.</summary>
/// <param name="Text">"▁" stands for a space before.</param>
/// <param name="Score">Log probability, for normal pieces.</param>
/// <param name="Kind">Whether and how text can become it.</param>
internal readonly record struct SentencePiece(string Text, float Score, PieceKind Kind);

/// <summary>A sentencepiece unigram model as ALBERT ships it, <c>spiece.model</c>: pieces with their log probabilities, and how text is normalised.</summary>
/// <remarks>Kudo 2018, arXiv:1804.10959; the schema is sentencepiece_model.proto, of which the fields that matter are read.</remarks>
public sealed class SentencePieceModel
{
    /// <summary>The file's usual name.</summary>
    public const string FileName = "spiece.model";

    /// <summary>What a piece that begins a word begins with (U+2581).</summary>
    public const char Space = '\u2581';

    public const string PadToken = "<pad>", UnknownToken = "<unk>";

    private const int UnigramType = 1;

    private readonly byte[] _file;
    private readonly string _source;
    private readonly List<SentencePiece> _pieces = [];

    private SentencePieceModel(byte[] file, string source)
    {
        _file = file;
        _source = source;
        ReadModel();
        Check();
        Special = new(Require(PadToken), Require(UnknownToken), Require(Vocabulary.ClsToken), Require(Vocabulary.SepToken), Require(Vocabulary.MaskToken));
    }

    /// <summary>The ids that stand for no text.</summary>
    public SpecialTokens Special { get; }

    internal IReadOnlyList<SentencePiece> Pieces => _pieces;

    /// <summary>The pieces' texts in id order.</summary>
    internal IReadOnlyList<string> Texts => [.. _pieces.Select(piece => piece.Text)];

    /// <summary>The file it was read from, for messages.</summary>
    internal string Source => _source;

    internal Dictionary<string, int> Ids { get; } = [];

    internal PrecompiledCharsMap CharsMap { get; private set; } = PrecompiledCharsMap.Empty;

    internal bool AddDummyPrefix { get; private set; } = true;

    internal bool RemoveExtraWhitespaces { get; private set; } = true;

    /// <summary>Reads <c>spiece.model</c>.</summary>
    /// <exception cref="InputException">The file is missing, unreadable, damaged, or not a unigram model of ALBERT's kind.</exception>
    public static SentencePieceModel Load(string path) => Parse(TokenizerFiles.ReadAllBytes(path, "sentencepiece model"), path);

    /// <summary>The model in the bytes of a <c>spiece.model</c>.</summary>
    /// <param name="file">Kept, to be written again as it was.</param>
    /// <param name="source">Named in errors.</param>
    /// <exception cref="InputException">As <see cref="Load"/>.</exception>
    public static SentencePieceModel Parse(byte[] file, string source) => new(file, source);

    /// <summary>Writes the file as it was read.</summary>
    /// <exception cref="RunException">The file cannot be written.</exception>
    public void Save(string path) => TokenizerFiles.WriteAllBytes(path, _file);

    private void ReadModel()
    {
        var reader = new ProtobufReader(_file, _source);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    ReadPiece(reader.ReadMessage());
                    break;
                case 2:
                    ReadTrainer(reader.ReadMessage());
                    break;
                case 3:
                    ReadNormalizer(reader.ReadMessage());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    private void ReadPiece(ProtobufReader reader)
    {
        var piece = new SentencePiece("", 0, PieceKind.Normal);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    piece = piece with { Text = Encoding.UTF8.GetString(reader.ReadBytes()) };
                    break;
                case 2:
                    piece = piece with { Score = reader.ReadFloat() };
                    break;
                case 3:
                    piece = piece with { Kind = (PieceKind)reader.ReadInt() };
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
        if (piece.Text.Length == 0 || piece.Text.Contains('\0') || !float.IsFinite(piece.Score) || !Enum.IsDefined(piece.Kind))
            throw Faulty($"piece {_pieces.Count} has no text, no finite score or no known kind");
        if (!Ids.TryAdd(piece.Text, _pieces.Count))
            throw Faulty($"pieces {Ids[piece.Text]} and {_pieces.Count} are the same");
        _pieces.Add(piece);
    }

    private void ReadTrainer(ProtobufReader reader)
    {
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 3 when reader.ReadInt() != UnigramType:
                    throw Faulty("it is not a unigram model, and ALBERT's is");
                case 24 when reader.ReadBool():
                    throw Faulty("spaces are suffixes, and ALBERT's are prefixes");
                case 35 when reader.ReadBool():
                    throw Faulty("unknown characters become bytes, and ALBERT's do not");
                case 3 or 24 or 35:
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    private void ReadNormalizer(ProtobufReader reader)
    {
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 2:
                    CharsMap = PrecompiledCharsMap.Parse(reader.ReadBytes(), _source);
                    break;
                case 3:
                    AddDummyPrefix = reader.ReadBool();
                    break;
                case 4:
                    RemoveExtraWhitespaces = reader.ReadBool();
                    break;
                case 5 when !reader.ReadBool():
                    throw Faulty("spaces are not escaped, and ALBERT's are");
                case 5:
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    private void Check()
    {
        if (_pieces.Count == 0)
            throw Faulty("it holds no pieces");
        if (!_pieces.Exists(p => p.Kind == PieceKind.Normal))
            throw Faulty("it holds no normal pieces");
        if (_pieces.Count(p => p.Kind == PieceKind.Unknown) != 1 || _pieces[Require(UnknownToken)].Kind != PieceKind.Unknown)
            throw Faulty($"its unknown piece is not {UnknownToken}");
    }

    private int Require(string token) => Ids.TryGetValue(token, out int id) ? id : throw Faulty($"it has no {token}");

    private InputException Faulty(string how) =>
        new($"not ALBERT's sentencepiece model: {_source}, {how}; give the spiece.model that came with the checkpoint");
}
