using BareBert.Autograd;
using BareBert.Autograd.Ops;
using BareBert.Kernels;

namespace BareBert.Bert.Models;

/// <summary>LoRA: beside a frozen weight W a product of two thin matrices learns, y = x·Wᵀ + (α/r)·dropout(x)·Aᵀ·Bᵀ.</summary>
/// <remarks>
/// Hu et al. 2021, arXiv:2106.09685. A starts random and B at zero, so the model starts as it was. Query, key and value share
/// one weight here; each can have matrices of its own, which are added to its part of the columns.
/// </remarks>
public sealed record LowRankAdaptation : Adaptation
{
    /// <summary>r, rows of A, but for <see cref="Sizes"/>.</summary>
    public required int Rank { get; init; }

    /// <summary>α: the product is multiplied by α/r.</summary>
    public required double Alpha { get; init; }

    /// <summary>Of the modules that have sizes of their own, by the name that A has here.</summary>
    public IReadOnlyDictionary<string, LowRankSize> Sizes { get; init; } = new Dictionary<string, LowRankSize>();

    /// <summary>Share of x dropped on the way into A.</summary>
    public double Dropout { get; init; }

    /// <summary>Multiply by α/√r instead, as PEFT's use_rslora does.</summary>
    public bool ScalesByRoot { get; init; }

    /// <summary>The Hugging Face modules that are adapted, in full: "bert.encoder.layer.0.attention.self.query".</summary>
    public required IReadOnlySet<string> Modules { get; init; }

    /// <summary>Whether each row of an adapted weight is scaled to a length that was learned too (DoRA, Liu et al. 2024, arXiv:2402.09353): such folders are read, not trained.</summary>
    public bool HasMagnitudes { get; init; }

    /// <summary>Whether a part of a weight has a branch of its own beside it.</summary>
    internal bool HasBranch(ParameterSpec weight, int part) => IsProjection(weight) && Modules.Contains(ModuleOf(weight.Pieces[part]));

    /// <summary>r and α of one part of a weight.</summary>
    internal LowRankSize SizeOf(ParameterSpec weight, int part) => SizeOf(NameOf(weight.Name, part, 'A'));

    /// <summary>What multiplies a product.</summary>
    internal double ScaleOf(LowRankSize size) => size.Alpha / (ScalesByRoot ? Math.Sqrt(size.Rank) : size.Rank);

    /// <inheritdoc/>
    public override IReadOnlyList<ParameterSpec> ParametersOf(ParameterLayout layout) =>
    [
        .. from weight in layout.Parameters.Where(IsProjection)
           from part in Parts(weight)
           from matrix in new[] { 'A', 'B' }
           select Spec(weight, part, matrix),
    ];

    /// <inheritdoc/>
    public override IProjection Wrap(IProjection plain, string name, ParameterSet parameters)
    {
        int parts = name.EndsWith(".qkv", StringComparison.Ordinal) ? QkvParts : 1;
        var branches = new List<LowRankBranch>();
        for (int part = 0; part < parts; part++)
        {
            (string a, string b) = (NameOf($"{name}.weight", part, 'A'), NameOf($"{name}.weight", part, 'B'));
            if (parameters.Contains(a))
                branches.Add(new LowRankBranch(part, parameters[a], parameters[b], ScaleOf(SizeOf(a))));
        }
        return branches.Count == 0 ? plain : new LowRankProjection(plain, [.. branches], parts, Dropout);
    }

    /// <inheritdoc/>
    public override void MergeInto(ParameterSpec weight, Span<float> values, ParameterSet parameters)
    {
        if (!IsProjection(weight))
            return;
        foreach (int part in Parts(weight))
        {
            TensorPiece piece = weight.Pieces[part];
            float[] a = parameters[NameOf(weight.Name, part, 'A')].Value.ToArray<float>(), b = parameters[NameOf(weight.Name, part, 'B')].Value.ToArray<float>();
            AddProduct(values.Slice(piece.Offset, piece.Count), a, b, piece.Shape[1], SizeOf(weight, part));
        }
    }

    /// <summary>The modules of a layout that a user's words mean.</summary>
    /// <param name="layout">The model.</param>
    /// <param name="targets">
    /// query, key, value, attention-output, ffn-in, ffn-out, all; or the end of a Hugging Face module's name, as "q_lin".
    /// </param>
    /// <exception cref="InputException">A word means no module.</exception>
    public static IReadOnlySet<string> ModulesFor(ParameterLayout layout, IReadOnlyList<string> targets)
    {
        var modules = new HashSet<string>();
        (string Module, string Word)[] all = [.. layout.Parameters.Where(IsProjection).SelectMany(weight => weight.Pieces.Select((piece, part) => (ModuleOf(piece), WordFor(weight, part))))];
        foreach (string target in targets)
        {
            string[] meant = [.. all.Where(m => target == "all" || m.Word == target || ("." + m.Module).EndsWith("." + target, StringComparison.Ordinal)).Select(m => m.Module)];
            if (meant.Length == 0)
                throw new InputException($"`Target` {target} is no linear layer of the model: give {string.Join(", ", all.Select(m => m.Word).Distinct())} or all, separated by commas");
            modules.UnionWith(meant);
        }
        return modules;
    }

    /// <summary>A tensor's module: its name without ".weight".</summary>
    internal static string ModuleOf(TensorPiece piece) => piece.HfName[..piece.HfName.LastIndexOf('.')];

    private const int QkvParts = 3;

    private static string WordFor(ParameterSpec weight, int part) => weight.Name.Split('.') switch
    {
        [.., "qkv", _] => new[] { "query", "key", "value" }[part],
        [.., "attention", "output", _] => "attention-output",
        [.., "ffn", var which, _] => $"ffn-{which}",
        _ => weight.Name,
    };

    private IEnumerable<int> Parts(ParameterSpec weight) => Enumerable.Range(0, weight.Pieces.Length).Where(part => Modules.Contains(ModuleOf(weight.Pieces[part])));

    // "layers.0.attention.qkv.weight" has "layers.0.attention.qkv.lora_A.0" for its query.
    internal static string NameOf(string weight, int part, char matrix) => $"{weight[..^".weight".Length]}.lora_{matrix}.{part}";

    private LowRankSize SizeOf(string a) => Sizes.TryGetValue(a, out LowRankSize own) ? own : new LowRankSize(Rank, Alpha);

    private ParameterSpec Spec(ParameterSpec weight, int part, char matrix)
    {
        TensorPiece piece = weight.Pieces[part];
        int rank = SizeOf(weight, part).Rank;
        int[] shape = matrix == 'A' ? [rank, piece.Shape[1]] : [piece.Shape[0], rank];
        string file = $"{FilePrefix}{ModuleOf(piece)}.lora_{matrix}.weight";
        return new ParameterSpec(NameOf(weight.Name, part, matrix), shape, matrix == 'A' ? InitKind.FanIn : InitKind.Zeros, Decays: true,
            [new TensorPiece(file, shape, 0, [])]) { IsAdded = true };
    }

    /// <summary>values += scale·B·A.</summary>
    /// <param name="values">[n, k].</param>
    /// <param name="a">A, [r, k].</param>
    /// <param name="b">B, [n, r].</param>
    /// <param name="k">Columns.</param>
    /// <param name="size">r and α.</param>
    internal void AddProduct(Span<float> values, ReadOnlySpan<float> a, ReadOnlySpan<float> b, int k, LowRankSize size)
    {
        double scale = ScaleOf(size);
        for (int at = 0; at < values.Length; at++)
        {
            double sum = 0;
            for (int i = 0; i < size.Rank; i++)
                sum += (double)b[at / k * size.Rank + i] * a[i * k + at % k];
            values[at] += (float)(scale * sum);
        }
    }

    /// <summary>Scales the rows of a matrix to lengths that were learned.</summary>
    /// <param name="values">[n, k].</param>
    /// <param name="magnitudes">[n].</param>
    internal static void SetLengths(Span<float> values, ReadOnlySpan<float> magnitudes)
    {
        int k = values.Length / magnitudes.Length;
        for (int row = 0; row < magnitudes.Length; row++)
        {
            Span<float> direction = values.Slice(row * k, k);
            double squares = 0;
            foreach (float value in direction)
                squares += (double)value * value;
            double scale = magnitudes[row] / Math.Sqrt(squares);
            for (int i = 0; i < k; i++)
                direction[i] = (float)(scale * direction[i]);
        }
    }
}

/// <summary>The sizes of one module's product.</summary>
/// <param name="Rank">r.</param>
/// <param name="Alpha">α.</param>
public readonly record struct LowRankSize(int Rank, double Alpha);

/// <summary>The two matrices beside one part of a weight.</summary>
/// <param name="Part">Which part of the columns they add to.</param>
/// <param name="A">[r, K].</param>
/// <param name="B">[N, r].</param>
/// <param name="Scale">Multiplies the product.</param>
internal sealed record LowRankBranch(int Part, Parameter A, Parameter B, double Scale);

/// <summary>A linear layer with low-rank branches beside it.</summary>
internal sealed class LowRankProjection(IProjection plain, LowRankBranch[] branches, int partsOfColumns, double dropout) : IProjection
{
    /// <inheritdoc/>
    public Variable Apply(Tape tape, Variable x, Activation activation, int firstToken)
    {
        Variable y = plain.Apply(tape, x, Activation.None, firstToken);
        foreach (LowRankBranch branch in branches)
        {
            Variable thin = Linear.Apply(tape, Dropout.Apply(tape, x, dropout, firstToken), branch.A, null);
            y = AddBranch.Apply(tape, y, Linear.Apply(tape, thin, branch.B, null), branch.Scale, branch.Part, partsOfColumns);
        }
        return activation == Activation.None ? y : Activate.Apply(tape, y, activation);
    }

    /// <inheritdoc/>
    public IProjection? Part(int first, int count, int parts)
    {
        if (parts != partsOfColumns || plain.Part(first, count, parts) is not { } part)
            return null;
        LowRankBranch[] own = [.. branches.Where(branch => branch.Part >= first && branch.Part < first + count).Select(branch => branch with { Part = branch.Part - first })];
        return own.Length == 0 ? part : new LowRankProjection(part, own, count, dropout);
    }
}
