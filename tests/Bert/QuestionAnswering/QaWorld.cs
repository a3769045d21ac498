using System.Text.Json;
using BareBert.Kernels;

namespace BareBert.Tests;

/// <summary>
/// Generated paragraphs of filler words with one colour and one number of two words in each; the question says which of them it
/// wants, or asks for an animal, which no paragraph has.
/// </summary>
internal static class QaWorld
{
    private static readonly string[] Fillers = ["oak", "elm", "ash", "fir", "yew", "bay"];
    private static readonly string[] Colours = ["red", "green", "blue", "grey"];
    private static readonly string[] Tens = ["twenty", "thirty", "forty"];
    private static readonly string[] Units = ["one", "two", "three"];
    private static readonly string[] Questions = ["which colour", "which number", "which animal"];

    public static Vocabulary Vocabulary { get; } = new(
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "which", "colour", "number", "animal", .. Fillers, .. Colours, .. Tens, .. Units], "qa world");

    public static SubwordTokenizer Tokenizer { get; } = new WordPieceTokenizer(Vocabulary);

    public static BertConfig Config { get; } = new()
    {
        VocabSize = Tokenizer.VocabularySize, HiddenSize = 32, Layers = 2, Heads = 2, IntermediateSize = 64, MaxPositions = 32,
        HiddenDropout = 0.05, AttentionDropout = 0.05,
    };

    /// <summary>Windows of 20 tokens, which some paragraphs do not fit.</summary>
    public static QaEncoding Encoding { get; } = new(MaxLength: 20, DocStride: 6, MaxQuestion: 4);

    /// <param name="seed">Another seed, other paragraphs.</param>
    /// <param name="paragraphs">How many; each has two questions.</param>
    /// <param name="unanswerable">Whether animals are asked for as well.</param>
    public static SquadDataset Make(ulong seed, int paragraphs, bool unanswerable = false)
    {
        var random = new PhiloxStream(seed, 11);
        var made = new SquadParagraph[paragraphs];
        for (int p = 0; p < paragraphs; p++)
            made[p] = Paragraph(ref random, p, unanswerable);
        return new SquadDataset([.. made.Chunk(10).Select((c, i) => new SquadArticle($"article {i}", c))], unanswerable, 0, []);
    }

    /// <summary>The data as SQuAD's files hold them.</summary>
    public static string Json(SquadDataset data) => JsonSerializer.Serialize(new
    {
        version = data.HasUnanswerable ? "v2.0" : "1.1",
        data = data.Articles.Select(a => new
        {
            title = a.Title,
            paragraphs = a.Paragraphs.Select(p => new
            {
                context = p.Context,
                qas = p.Questions.Select(q => new
                {
                    id = q.Id, question = q.Question, is_impossible = q.IsImpossible, answers = q.Answers.Select(x => new { text = x.Text, answer_start = x.Start }),
                }),
            }),
        }),
    });

    /// <summary>A folder with a model of random weights.</summary>
    public static string Save(string folder, TaskDefinition task)
    {
        using var kernels = new CpuKernels(1);
        using BertModel model = BertModel.Create(kernels, ParameterLayout.For(Config, task), Tokenizer, seed: 3);
        model.Save(Directory.CreateDirectory(folder).FullName);
        return folder;
    }

    private static SquadParagraph Paragraph(ref PhiloxStream random, int number, bool unanswerable)
    {
        var words = new string[10 + random.NextInt(12)];
        for (int i = 0; i < words.Length; i++)
            words[i] = Pick(ref random, Fillers);
        int colourAt = random.NextInt(words.Length / 2), numberAt = words.Length / 2 + random.NextInt(words.Length / 2);
        string colour = Pick(ref random, Colours), figure = $"{Pick(ref random, Tens)} {Pick(ref random, Units)}";
        if (random.NextInt(2) == 0)
            (colourAt, numberAt) = (numberAt, colourAt);
        (words[colourAt], words[numberAt]) = (colour, figure);
        string context = string.Join(' ', words);
        List<SquadQuestion> questions = [Ask(0, colour), Ask(1, figure)];
        if (unanswerable)
            questions.Add(new SquadQuestion($"{number}/2", Questions[2], IsImpossible: true, [], []));
        return new SquadParagraph(context, questions);

        SquadQuestion Ask(int which, string answer)
        {
            int start = context.IndexOf(answer, StringComparison.Ordinal);
            return new SquadQuestion($"{number}/{which}", Questions[which], false, [new SquadAnswer(answer, start, start + answer.Length)], [answer]);
        }
    }

    private static string Pick(ref PhiloxStream random, string[] words) => words[random.NextInt(words.Length)];
}
