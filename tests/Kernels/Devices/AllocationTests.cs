using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

public sealed class AllocationTests
{
    private readonly HashSet<Type> _checked = [];

    [Fact]
    public void NoKernelAllocatesAfterItsFirstCalls()
    {
        const int Rows = 130, C = 64, N = 96, V = 500;
        using var kernels = new CpuKernels(1);
        using var arena = new Arena(kernels.Memory);
        Tensor F(params int[] sizes) => arena.Zeros(Shape.Of(sizes));
        Tensor I(int count) => arena.Zeros(new Shape(count), DType.Int32);
        Tensor x = F(Rows, C), y = F(Rows, C), z = F(Rows, C), wide = F(Rows, N), wide2 = F(Rows, N), qkv = F(Rows, 3 * C), dqkv = F(Rows, 3 * C);
        Tensor mean = F(Rows), rstd = F(Rows), cols = F(C), dcols = F(C), weight = F(N, C), dweight = F(N, C), bias = F(N), dbias = F(N), lse = F(Rows, 4), one = F(1);
        Tensor vocabulary = F(V, C), dvocabulary = F(V, C), vbias = F(V), ids = I(Rows), losses = F(Rows), offsets = arena.Upload<int>(new Shape(3), [0, 1, Rows]);
        Tensor pairs = F(2), spans = F(Rows, 2), labels = I(2);
        var dropout = new DropoutMask(0.1);
        Check(kernels, new MatrixMultiply { C = wide, A = x, B = weight, TransposeB = true });
        Check(kernels, new LinearForward { Y = wide, PreActivation = wide2, X = x, Weight = weight, Bias = bias, Activation = Activation.Gelu });
        Check(kernels, new LinearBackward
        {
            DX = y, DWeight = dweight, DBias = dbias, DY = wide, X = x, Weight = weight, PreActivation = wide2,
            Activation = Activation.Gelu,
        });
        Check(kernels, new AttentionForward { Y = y, LogSumExp = lse, Qkv = qkv, Offsets = offsets, MaxLength = Rows, Heads = 4, Dropout = dropout });
        Check(kernels, new AttentionBackward
        {
            DQkv = dqkv, DY = x, Y = y, LogSumExp = lse, Qkv = qkv, Offsets = offsets, MaxLength = Rows, Heads = 4,
            Dropout = dropout,
        });
        Check(kernels, new LayerNormForward { Y = y, Mean = mean, Rstd = rstd, X = x, Weight = cols, Bias = cols, Eps = 1e-12 });
        Check(kernels, new LayerNormBackward { DX = y, DWeight = dcols, DBias = dcols, DY = x, X = x, Mean = mean, Rstd = rstd, Weight = cols });
        Check(kernels, new ResidualLayerNormForward
        {
            Y = y, Sum = z, Mean = mean, Rstd = rstd, Residual = x, Branch = z, Weight = cols, Bias = cols, Eps = 1e-12,
            Dropout = dropout,
        });
        Check(kernels, new ResidualLayerNormBackward
        {
            DResidual = y, DBranch = z, DWeight = dcols, DBias = dcols, DY = x, Sum = x, Mean = mean, Rstd = rstd, Weight = cols,
            Dropout = dropout,
        });
        Check(kernels, new ActivationForward { Y = y, X = x, Activation = Activation.Gelu });
        Check(kernels, new ActivationBackward { DX = y, DY = x, X = x, Activation = Activation.Gelu });
        Check(kernels, new DropoutForward { Y = y, X = x, Dropout = dropout });
        Check(kernels, new DropoutBackward { DX = y, DY = x, Dropout = dropout });
        Check(kernels, new EmbeddingForward { Y = y, Word = vocabulary, Position = vocabulary, Ids = ids, Positions = ids });
        Check(kernels, new EmbeddingBackward { DWord = dvocabulary, DPosition = dvocabulary, DY = y, Ids = ids, Positions = ids });
        Check(kernels, new RowGather { Y = y, X = vocabulary, Rows = ids });
        Check(kernels, new RowScatterAdd { DX = dvocabulary, DY = y, Rows = ids });
        Check(kernels, new CrossEntropyForward { Losses = losses, Probs = y, Logits = x, Labels = ids, Smoothing = 0.1 });
        Check(kernels, new CrossEntropyBackward { DLogits = y, Probs = x, Labels = ids, Scale = 1 });
        Check(kernels, new VocabularyLoss
        {
            Losses = losses, Predictions = ids, DX = y, DWeight = dvocabulary, X = x, Weight = vocabulary, Bias = vbias,
            Labels = ids, Scale = 1,
        });
        Check(kernels, new Sum { Total = one, X = x });
        Check(kernels, new SumOfSquares { Total = one, X = x });
        Check(kernels, new AddScaled { Y = y, X = x, Scale = 0.5 });
        Check(kernels, new AdamW
        {
            Weight = x, Gradient = y, M = z, V = z, SumOfSquares = one,
            Options = new AdamWOptions(1e-3, 0.9, 0.999, 1e-8, 0.01, 1, 1),
        });
        Check(kernels, new SpanCrossEntropyForward { Losses = pairs, Probs = spans, Logits = spans, Offsets = offsets, Starts = labels, Ends = labels });
        Check(kernels, new SpanCrossEntropyBackward { DLogits = spans, Probs = spans, Offsets = offsets, Starts = labels, Ends = labels, Scale = 1 });
        Nf4Matrix codes = Nf4Matrix.Allocate(arena, N, C);
        Check(kernels, new Nf4LinearForward { Y = wide, X = x, Weight = codes, Bias = bias });
        Check(kernels, new Nf4LinearBackward { DX = x, DY = wide, Weight = codes });
        using var packed = new PackedWeight(weight);
        using var bytes = new Int8Weight(new float[N * C], N, C);
        Check(kernels, new PackedLinearForward { Y = wide, X = x, Weight = packed, Bias = bias, Activation = Activation.Gelu });
        Check(kernels, new Int8LinearForward { Y = wide, X = x, Weight = bytes, Bias = bias, Activation = Activation.Gelu });
        Check(kernels, new SigmoidCrossEntropyForward { Losses = y, Logits = x, Targets = z });
        Check(kernels, new SigmoidCrossEntropyBackward { DLogits = y, Logits = x, Targets = z, Scale = 1 });
        Check(kernels, new SquaredErrorForward { Losses = y, X = x, Targets = z });
        Check(kernels, new SquaredErrorBackward { DX = y, X = x, Targets = z, Scale = 1 });
        Check(kernels, new ArithmeticForward { Y = y, A = x, B = cols, Operator = ArithmeticOperator.Multiply });
        Check(kernels, new ArithmeticBackward { DA = y, DB = dcols, DY = x, A = x, B = cols, Operator = ArithmeticOperator.Multiply });
        Tensor means = F(2, C);
        Check(kernels, new SequenceSumForward { Y = means, X = x, Offsets = offsets, IsMean = true });
        Check(kernels, new SequenceSumBackward { DX = x, DY = means, Offsets = offsets, IsMean = true });
        Check(kernels, new SoftmaxForward { Y = y, X = x });
        Check(kernels, new SoftmaxBackward { DX = y, DY = x, Y = z });
        Check(kernels, new RowNormalisationForward { Y = y, InverseLength = mean, X = x, Eps = 1e-12 });
        Check(kernels, new RowNormalisationBackward { DX = y, DY = x, Y = z, InverseLength = mean });
        Check(kernels, new ColumnCopy { Y = qkv, X = x, First = 7 });
        Check(kernels, new ColumnAdd { DX = x, DY = qkv, First = 7 });

        IEnumerable<Type> calls = typeof(IKernels).Assembly.GetTypes()
            .Where(type => type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IKernelCall<>)));
        Assert.Equal([], calls.Except(_checked));
    }

    private void Check<TCall>(IKernels kernels, TCall call) where TCall : struct, IKernelCall<TCall>
    {
        _checked.Add(typeof(TCall));
        kernels.Run(call);
        kernels.Run(call);
        long allocated = Allocations.Of(() => kernels.Run(call));
        Assert.True(allocated == 0, $"{typeof(TCall).Name} allocated {allocated} bytes");
    }
}
