using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace BareBert.Kernels;

public sealed unsafe partial class CpuKernels
{
    // Beyond so many rows, those of the longest text, packing costs next to nothing; and who predicts in batches need not have the weight twice.
    private const int FewRows = 512;

    private PackedInput[]? _packedInputs;

    internal void Run(in PackedLinearForward call)
    {
        float* panels = call.X.Rows is > 0 and <= FewRows ? call.Weight.Panels : null;
        if (panels == null)
            ((IKernel<LinearForward>)this).Run(call.Plain);
        else
            ActivationChoice.Do(call.Activation, new PackedLinearWork(_team, call, panels, _packedInputs ??= [.. Enumerable.Range(0, Threads).Select(_ => new PackedInput())]));
    }

    partial void DisposePackedLinear()
    {
        foreach (PackedInput input in _packedInputs ?? [])
            input.Dispose();
    }

    private readonly struct PackedLinearWork(ThreadTeam team, PackedLinearForward call, float* panels, PackedInput[] inputs) : IActivationWork
    {
        public void Do<TActivation>() where TActivation : struct, IDifferentiableActivation
        {
            if (VectorWidth.Is512)
                Do<Simd512, Vector512<float>, TActivation>();
            else if (VectorWidth.Is256)
                Do<Simd256, Vector256<float>, TActivation>();
            else
                Do<Simd128, Vector128<float>, TActivation>();
        }

        private void Do<TSimd, V, TActivation>() where TSimd : ISimd<V> where V : struct where TActivation : struct, IActivation
        {
            foreach (PackedInput input in inputs)
                input.Group = -1;
            var plan = new PackedPlan(call.Weight.Values.Rows, call.X.Cols, Tile<TSimd, V>.Columns);
            var job = new PackedLinearJob<TSimd, V, TActivation>
            {
                Plan = plan, Rows = new PackedRows(call.X.Rows, call.X.Cols, Tile<TSimd, V>.Rows, plan.Panels, team.Count), X = call.X.Floats(), Panels = panels, Y = call.Y.Floats(), Inputs = inputs,
                Epilogue = new BiasActivationEpilogue<TActivation>(OptionalFloats(call.Bias), null, plan.N), Changes = !call.Bias.IsNone || call.Activation != Activation.None,
            };
            team.RunTiles(job.Rows.Tiles, job);
        }
    }
}
