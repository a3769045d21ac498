using System.Reflection;
using BareBert.Autograd;
using BareBert.Autograd.Ops;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>Every op's backward pass against central differences, in double precision.</summary>
public sealed class OpGradientTests : IDisposable
{
    private const double Tolerance = 1e-6;
    private const ulong Seed = 7;

    private readonly ReferenceKernels<double> _kernels = new();
    private readonly Tape _tape;
    private readonly Arena _arena;
    private readonly HashSet<Type> _compared = [];
    private PhiloxStream _random = new(Seed, 0);

    public OpGradientTests()
    {
        _tape = new Tape(_kernels);
        _arena = new Arena(_kernels.Memory);
    }

    public void Dispose()
    {
        _tape.Dispose();
        _arena.Dispose();
        _kernels.Dispose();
    }

    [Theory]
    [InlineData(Activation.None)]
    [InlineData(Activation.Gelu)]
    [InlineData(Activation.GeluTanh)]
    [InlineData(Activation.Tanh)]
    [InlineData(Activation.Relu)]
    [InlineData(Activation.Silu)]
    [InlineData(Activation.QuickGelu)]
    public void Linear_with_each_activation(Activation activation)
    {
        Variable x = Leaf(5, 4), weight = Leaf(3, 4), bias = Leaf(3);
        Check(t => Linear.Apply(t, x, weight, bias, activation), x, weight, bias);
    }

    [Fact]
    public void Linear_without_bias()
    {
        Variable x = Leaf(2, 3), weight = Leaf(4, 3);
        Check(t => Linear.Apply(t, x, weight, null), x, weight);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void MatMul_in_all_transposes(bool transposeA, bool transposeB)
    {
        Variable a = transposeA ? Leaf(4, 5) : Leaf(5, 4), b = transposeB ? Leaf(3, 4) : Leaf(4, 3);
        Check(t => MatMul.Apply(t, a, b, transposeA, transposeB), a, b);
        Variable a3 = transposeA ? Leaf(2, 4, 5) : Leaf(2, 5, 4), b3 = transposeB ? Leaf(2, 3, 4) : Leaf(2, 4, 3);
        Check(t => MatMul.Apply(t, a3, b3, transposeA, transposeB), a3, b3);
    }

    [Theory]
    [InlineData(Activation.Gelu)]
    [InlineData(Activation.GeluTanh)]
    [InlineData(Activation.Tanh)]
    [InlineData(Activation.Relu)]
    [InlineData(Activation.Silu)]
    [InlineData(Activation.QuickGelu)]
    public void Activations(Activation activation)
    {
        Variable x = Leaf(4, 7);
        Check(t => Activate.Apply(t, x, activation), x);
    }

    [Fact]
    public void Addition()
    {
        Variable a = Leaf(3, 4), b = Leaf(3, 4);
        Check(t => Add.Apply(t, a, b, 0.7), a, b);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 3)]
    [InlineData(2, 3)]
    public void Adding_a_branch_to_a_part_of_the_columns(int part, int parts)
    {
        Variable x = Leaf(5, 4), weight = Leaf(2 * parts, 4), branch = Leaf(5, 2);

        // The op overwrites y, so y is an op's output, as in the model.
        Check(t => AddBranch.Apply(t, Linear.Apply(t, x, weight, null), branch, 0.7, part, parts), x, weight, branch);
    }

    [Fact]
    public void Linear_with_a_weight_in_four_bits()
    {
        Variable x = Leaf(3, 40);
        Nf4Matrix weight = Nf4Matrix.Quantize(_arena, [.. Enumerable.Range(0, 7 * 40).Select(i => (float)Math.Sin(i))], 7, 40);
        Tensor bias = Leaf(7).Value;
        Check(t => Nf4Linear.Apply(t, x, weight, bias), x);
    }

    [Fact]
    public void A_value_used_twice_gets_both_gradients()
    {
        Variable x = Leaf(3, 4), weight = Leaf(4, 4);
        Check(t => Add.Apply(t, Linear.Apply(t, x, weight, null), x), x, weight);
    }

    [Fact]
    public void Dropout_draws_the_same_mask_again()
    {
        Variable x = Leaf(6, 40);
        Check(t => Dropout.Apply(t, x, 0.3), x);
    }

    [Fact]
    public void Layer_normalisation()
    {
        Variable x = Leaf(4, 6), weight = Leaf(6), bias = Leaf(6);
        Check(t => LayerNorm.Apply(t, x, weight, bias, 1e-5), x, weight, bias);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.25)]
    public void Residual_layer_normalisation(double dropout)
    {
        Variable residual = Leaf(4, 6), x = Leaf(4, 5), project = Leaf(6, 5), weight = Leaf(6), bias = Leaf(6);

        // The op overwrites its branch, so the branch is an op's output, as in the model.
        Check(t => ResidualLayerNorm.Apply(t, residual, Linear.Apply(t, x, project, null), weight, bias, 1e-5, dropout),
            residual, x, project, weight, bias);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.2)]
    public void Attention_on_ragged_sequences(double dropout)
    {
        Variable qkv = Leaf(10, 3 * 6);
        Tensor offsets = Indices(0, 1, 4, 10);
        Check(t => Attention.Apply(t, qkv, offsets, 6, 2, dropout), qkv);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.2)]
    public void Attention_of_some_queries(double dropout)
    {
        Variable queries = Leaf(5, 6), keysValues = Leaf(10, 2 * 6);
        Tensor offsets = Indices(0, 1, 4, 10), queryOffsets = Indices(0, 1, 1, 5);
        Check(t => Attention.Apply(t, queries, keysValues, offsets, queryOffsets, 6, 2, dropout), queries, keysValues);
    }

    [Fact]
    public void Some_outputs_of_a_linear_layer()
    {
        Variable x = Leaf(5, 4), weight = Leaf(9, 4), bias = Leaf(9);
        Check(t => Linear.Apply(t, x, weight, bias, Activation.Tanh, 3, 6), x, weight, bias);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.2)]
    public void Causal_attention_on_ragged_sequences(double dropout)
    {
        Variable qkv = Leaf(10, 3 * 6);
        Tensor offsets = Indices(0, 1, 4, 10);
        Check(t => Attention.Apply(t, qkv, offsets, 6, 2, dropout, isCausal: true), qkv);
    }

    [Theory]
    [InlineData(ArithmeticOperator.Add)]
    [InlineData(ArithmeticOperator.Subtract)]
    [InlineData(ArithmeticOperator.Multiply)]
    [InlineData(ArithmeticOperator.Divide)]
    public void Arithmetic_with_a_matrix_and_with_one_row(ArithmeticOperator op)
    {
        Variable a = Leaf(4, 3), b = AwayFromZero(Leaf(4, 3)), row = AwayFromZero(Leaf(3));
        Check(t => Arithmetic.Apply(t, a, op, b), a, b);
        Check(t => Arithmetic.Apply(t, a, op, row), a, row);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Sums_and_means_of_sequences(bool isMean)
    {
        Variable x = Leaf(7, 3);
        Tensor offsets = Indices(0, 1, 5, 7);
        Check(t => SequenceSum.Apply(t, x, offsets, isMean), x);
    }

    [Fact]
    public void Softmax_of_rows()
    {
        Variable x = Leaf(4, 5);
        Check(t => Softmax.Apply(t, x), x);
    }

    [Fact]
    public void Rows_of_length_one()
    {
        SkipADraw();
        Variable x = Leaf(4, 5);
        Check(t => RowNormalisation.Apply(t, x), x);
    }

    [Fact]
    public void Columns_side_by_side()
    {
        Variable a = Leaf(4, 2), b = Leaf(4, 1), c = Leaf(4, 3);
        Check(t => ConcatColumns.Apply(t, a, b, c), a, b, c);
    }

    [Fact]
    public void A_sum_as_a_loss()
    {
        Variable x = Leaf(4, 5);
        CheckLoss((t, total) => SumLoss.Apply(t, total, Arithmetic.Apply(t, x, ArithmeticOperator.Multiply, x), 0.25), x);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Embedding_with_repeated_ids(bool hasTypes)
    {
        Variable word = Leaf(5, 3), position = Leaf(4, 3), type = Leaf(2, 3);
        Tensor ids = Indices(1, 4, 1, 0), positions = Indices(0, 1, 2, 0), types = Indices(0, 0, 1, 1);
        Variable[] inputs = hasTypes ? [word, position, type] : [word, position];
        Check(t => Embedding.Apply(t, word, position, hasTypes ? type : null, ids, positions, types), inputs);
    }

    [Fact]
    public void Gathering_repeated_rows()
    {
        Variable x = Leaf(5, 3);
        Tensor rows = Indices(4, 0, 4);
        Check(t => GatherRows.Apply(t, x, rows), x);
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 0)]
    [InlineData(true, 0.1)]
    public void Softmax_cross_entropy(bool weighted, double smoothing)
    {
        Variable logits = Leaf(4, 3);
        Tensor labels = Indices(2, 0, Labels.Ignore, 1);
        Tensor weights = weighted ? _arena.Upload<double>(new Shape(3), [0.5, 2, 1]) : default;
        CheckLoss((t, total) => CrossEntropy.Apply(t, total, logits, labels, 0.3, weights, smoothing), logits);
    }

    [Fact]
    public void Vocabulary_cross_entropy()
    {
        Variable x = Leaf(4, 3), weight = Leaf(7, 3), bias = Leaf(7);
        Tensor labels = Indices(6, 0, 3, 3);
        CheckLoss((t, total) => VocabularyCrossEntropy.Apply(t, total, default, x, weight, bias, labels, 0.3), x, weight, bias);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Sigmoid_cross_entropy(bool weighted)
    {
        Variable logits = Leaf(3, 2);
        Tensor targets = _arena.Upload<double>(new Shape(3, 2), [1, 0, 0.9, 0.1, 0, 1]);
        Tensor weights = weighted ? _arena.Upload<double>(new Shape(2), [0.5, 3]) : default;
        CheckLoss((t, total) => SigmoidCrossEntropy.Apply(t, total, logits, targets, 0.3, weights), logits);
    }

    [Fact]
    public void Squared_error()
    {
        Variable x = Leaf(3, 2);
        Tensor targets = _arena.Upload<double>(new Shape(3, 2), [1, 0, -2, 0.1, 0, 3]);
        CheckLoss((t, total) => SquaredError.Apply(t, total, x, targets, 0.3), x);
    }

    [Fact]
    public void Span_cross_entropy_on_ragged_sequences()
    {
        Variable logits = Leaf(10, 2);
        Tensor offsets = Indices(0, 1, 4, 7, 10), starts = Indices(0, 1, Labels.Ignore, 0), ends = Indices(0, 2, Labels.Ignore, 0);
        CheckLoss((t, total) => SpanCrossEntropy.Apply(t, total, logits, offsets, starts, ends, 0.3), logits);
    }

    /// <summary>Runs all of the above once more, and notes what was on the tape when a gradient was compared.</summary>
    [Fact]
    public void Every_op_is_checked_here()
    {
        var compared = new HashSet<Type>();
        foreach (MethodInfo test in GetType().GetMethods().Where(m => m.Name != nameof(Every_op_is_checked_here) && m.IsDefined(typeof(FactAttribute))))
        {
            object?[]?[] cases = test.IsDefined(typeof(TheoryAttribute)) ? [.. test.GetCustomAttributes<InlineDataAttribute>().Select(row => row.Data)] : [null];
            Assert.NotEmpty(cases);
            foreach (object?[]? arguments in cases)
            {
                using var tests = new OpGradientTests();
                test.Invoke(tests, arguments);
                compared.UnionWith(tests._compared);
            }
        }
        Assert.Equal([], typeof(Op).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(Op)) && !t.IsAbstract).Except(compared));
    }

    // Makes a scalar of an op's output: its inner product with a fixed random tensor.
    private void Check(Func<Tape, Variable> apply, params Variable[] inputs)
    {
        Tensor direction = default;
        CheckLoss((tape, total) =>
        {
            Variable y = apply(tape);
            if (direction.IsNone)
                direction = Leaf([.. Enumerable.Range(0, y.Shape.Rank).Select(i => y.Shape[i])]).Value;
            InnerProduct.Apply(tape, total, y, direction);
        }, inputs);
    }

    private void CheckLoss(Action<Tape, Tensor> loss, params Variable[] inputs)
    {
        Tensor total = _arena.Zeros(new Shape(1), DType.Float64);
        double Loss()
        {
            total.Zero();
            using (_tape.Begin(TapeMode.Training(Seed, 1)))
                loss(_tape, total);
            return total.ToArray<double>()[0];
        }

        double[][] Gradients()
        {
            foreach (Variable input in inputs)
                input.Grad = default;
            using (_tape.Begin(TapeMode.Training(Seed, 1) with { CheckOverwriting = true }))
            {
                loss(_tape, total);
                _compared.UnionWith(_tape.Ops.Select(op => op.GetType()));
                _tape.Backward();
                return [.. inputs.Select(v => v.Grad.ToArray<double>())];
            }
        }

        // Leaves outlive the step, their gradients do not: forget them before the forward pass runs again.
        double error = GradientCheck.MaxRelativeError([.. inputs.Select(v => v.Value)], () => Forgetting(Loss, inputs), Gradients, Seed);
        Assert.True(error <= Tolerance, $"relative error {error:E2}");
    }

    private static double Forgetting(Func<double> loss, Variable[] inputs)
    {
        foreach (Variable input in inputs)
            input.Grad = default;
        return loss();
    }

    private Variable Leaf(params int[] sizes)
    {
        Tensor value = _arena.Allocate(Shape.Of(sizes), DType.Float64);
        var values = new double[value.Count];
        for (int i = 0; i < values.Length; i++)
            values[i] = _random.NextNormal();
        value.Upload<double>(values);
        return new Variable(value, requiresGrad: true);
    }

    // The check's first direction is drawn as the leaves are: it would be the leaf itself, along which rows of length 1 do not change, so that nothing
    // but rounding would be compared.
    private void SkipADraw() => _ = _random.NextNormal();

    // Near 0 a quotient is too crooked for differences.
    private static Variable AwayFromZero(Variable x)
    {
        x.Value.Upload<double>([.. x.Value.ToArray<double>().Select(value => value + Math.CopySign(1, value))]);
        return x;
    }

    private Tensor Indices(params int[] values) => _arena.Upload<int>(new Shape(values.Length), values);
}
