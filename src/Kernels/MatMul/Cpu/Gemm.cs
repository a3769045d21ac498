using System.Runtime.Intrinsics;

namespace BareBert.Kernels;

/// <summary>The float32 matrix multiply of the CPU: register tiles over packed panels, all threads of a team.</summary>
/// <remarks>
/// <para>Goto and van de Geijn 2008, doi:10.1145/1356052.1356053; Van Zee and van de Geijn 2015 (BLIS),
/// doi:10.1145/2764454. The walk through it is ../README.md.</para>
/// <para>Order of summation: k is cut into blocks of equal length, at most <see cref="GemmPlan.MaxDepth"/> (the cut
/// depends on K alone); within a block each element of C is one chain of multiply-adds in ascending k, and the blocks
/// are added to C in ascending order. Where A is transposed and K long beside M and N, the blocks of the second half
/// are added up on their own first (<see cref="GemmPlan.PartsOf"/>). So a result does not depend on the number of
/// threads nor, where A is not transposed, a row of C on what other rows there are. Nothing is skipped: NaN and
/// infinities propagate as in plain loops.</para>
/// <para>After the first call of the largest size nothing is allocated. One call at a time.</para>
/// </remarks>
public sealed unsafe class Gemm : IDisposable
{
    private readonly ThreadTeam _team;
    private readonly CacheSizes _caches;
    private readonly GemmScratch[] _scratch;
    private readonly int _width;

    /// <param name="team">Whose threads compute; it is not disposed of here.</param>
    /// <param name="width">Floats in a vector: 16, 8 or 4, or 0 for the widest that the processor has.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such width.</exception>
    public Gemm(ThreadTeam team, int width = 0)
    {
        _team = team;
        _caches = CacheSizes.OfThisMachine;
        _scratch = [.. Enumerable.Range(0, team.Count).Select(_ => new GemmScratch())];
        _width = width == 0 ? VectorWidth.Floats : width;
        if (_width is not (4 or 8 or 16))
            throw new ArgumentOutOfRangeException(nameof(width), width, "a vector has 4, 8 or 16 floats");
    }

    /// <summary>C = op(A)·op(B), or C += op(A)·op(B).</summary>
    /// <exception cref="ArgumentException">A size is negative or a row is longer than its leading dimension.</exception>
    public void Run(in GemmCall call) => Run(call, default(NoEpilogue));

    /// <summary>C = epilogue(op(A)·op(B)), or C = epilogue(C + op(A)·op(B)).</summary>
    /// <exception cref="ArgumentException">A size is negative or a row is longer than its leading dimension.</exception>
    public void Run<TEpilogue>(in GemmCall call, TEpilogue epilogue) where TEpilogue : struct, IEpilogue
    {
        call.Check();
        switch (_width)
        {
            case 16: Run<Simd512, Vector512<float>, TEpilogue>(call, epilogue); break;
            case 8: Run<Simd256, Vector256<float>, TEpilogue>(call, epilogue); break;
            default: Run<Simd128, Vector128<float>, TEpilogue>(call, epilogue); break;
        }
    }

    /// <summary>The same multiply for each entry of a batch: matrix i of A, B and C starts i strides after the first.</summary>
    /// <exception cref="ArgumentException">A size is negative or a row is longer than its leading dimension.</exception>
    public void RunBatch(in GemmCall first, int batch, nint strideA, nint strideB, nint strideC)
    {
        first.Check();
        switch (_width)
        {
            case 16: RunBatch<Simd512, Vector512<float>>(first, batch, strideA, strideB, strideC); break;
            case 8: RunBatch<Simd256, Vector256<float>>(first, batch, strideA, strideB, strideC); break;
            default: RunBatch<Simd128, Vector128<float>>(first, batch, strideA, strideB, strideC); break;
        }
    }

    /// <summary>
    /// The same on one thread, for a job of the team that multiplies among other things: call it from inside the job, with
    /// the number of the worker. Each worker has scratch memory of its own.
    /// </summary>
    /// <exception cref="ArgumentException">A size is negative or a row is longer than its leading dimension.</exception>
    public void RunOn<TSimd, V, TEpilogue>(int worker, in GemmCall call, TEpilogue epilogue)
        where TSimd : ISimd<V> where V : struct where TEpilogue : struct, IEpilogue
    {
        call.Check();
        if (call.M == 0 || call.N == 0)
            return;
        if (!TEpilogue.Changes && GemmPlan.PartsOf(call) is > 1 and var parts)
            Parts<TSimd, V>(call, parts, threads: 1, _scratch[worker].Part).InvokeAll(worker);
        else
            Job<TSimd, V, TEpilogue>(call, epilogue, threads: 1).InvokeAll(worker);
    }

    /// <summary>Gives the scratch memory back.</summary>
    public void Dispose()
    {
        foreach (GemmScratch scratch in _scratch)
            scratch.Dispose();
    }

    private void Run<TSimd, V, TEpilogue>(in GemmCall call, TEpilogue epilogue)
        where TSimd : ISimd<V> where V : struct where TEpilogue : struct, IEpilogue
    {
        if (call.M == 0 || call.N == 0)
            return;
        if (!TEpilogue.Changes && GemmPlan.PartsOf(call) is > 1 and var parts)
        {
            RunParts<TSimd, V>(call, parts);
            return;
        }
        GemmJob<TSimd, V, TEpilogue> job = Job<TSimd, V, TEpilogue>(call, epilogue, _team.Count);
        if (job.Plan.Blocks == 1)
            job.InvokeAll(0);
        else
            RunChains(job.Plan, job.Plan.Blocks, job);
    }

    private void RunParts<TSimd, V>(in GemmCall call, int parts) where TSimd : ISimd<V> where V : struct
    {
        GemmPartsJob<TSimd, V> job = Parts<TSimd, V>(call, parts, (_team.Count + parts - 1) / parts, _scratch[0].Part);
        if (_team.Count == 1)
        {
            job.InvokeAll(0);
            return;
        }
        RunChains(job.First.Plan, job.Count * job.First.Plan.Blocks, job);
        _team.RunTiles(job.Stretches, job);
    }

    private void RunChains<TJob>(in GemmPlan plan, int chains, TJob job) where TJob : struct, IChainJob
    {
        foreach (GemmScratch scratch in _scratch)
            scratch.Forget();
        _team.RunChains(chains, (int)plan.DepthBlocks, plan.Group, job);
    }

    private void RunBatch<TSimd, V>(in GemmCall first, int batch, nint strideA, nint strideB, nint strideC)
        where TSimd : ISimd<V> where V : struct
    {
        GemmJob<TSimd, V, NoEpilogue> whole = Job<TSimd, V, NoEpilogue>(first, default, threads: 1);
        if (whole.Plan.Blocks == 1 && GemmPlan.PartsOf(first) == 1 && batch >= _team.Count && first.M > 0 && first.N > 0)
        {
            _team.RunTiles(batch, new BatchJob<TSimd, V> { Job = whole, StrideA = strideA, StrideB = strideB, StrideC = strideC });
            return;
        }
        for (int i = 0; i < batch; i++)
            Run<TSimd, V, NoEpilogue>(first.Moved(i * strideA, i * strideB, i * strideC), default);
    }

    private GemmPartsJob<TSimd, V> Parts<TSimd, V>(in GemmCall call, int parts, int threads, ScratchMemory sums) where TSimd : ISimd<V> where V : struct
    {
        nint terms = GemmPlan.Ceiling(call.K, parts);
        return new()
        {
            First = Job<TSimd, V, NoEpilogue>(call.Terms(0, terms), default, threads),
            Whole = call,
            Count = parts,
            Sums = sums.Floats((parts - 1) * call.M * call.N),
        };
    }

    private GemmJob<TSimd, V, TEpilogue> Job<TSimd, V, TEpilogue>(in GemmCall call, TEpilogue epilogue, int threads)
        where TSimd : ISimd<V> where V : struct where TEpilogue : struct, IEpilogue
    {
        int rows = Tile<TSimd, V>.Rows, stripTiles = call.TransposeA ? Tile<TSimd, V>.TransposedStrip : 1;
        return new()
        {
            Call = call,
            Plan = GemmPlan.Make(call.M, call.N, call.K, rows, Tile<TSimd, V>.Columns, stripTiles, threads, _caches),
            Epilogue = epilogue,
            Scratch = _scratch,
        };
    }
}
