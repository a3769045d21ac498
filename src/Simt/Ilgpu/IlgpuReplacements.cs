using ILGPU;
using ILGPU.Frontend.Intrinsic;
using ILGPU.Runtime.Cuda;

namespace BareBert.Simt;

/// <summary>Functions that the kernels call and ILGPU 1.5.3 does not know, in terms of what it knows. A call of one of the name becomes a call of these.</summary>
internal static class IlgpuReplacements
{
    /// <summary>a·b + c, rounded once.</summary>
    public static float FusedMultiplyAdd(float x, float y, float z)
    {
        CudaAsm.Emit("fma.rn.f32 %0, %1, %2, %3;", out float result, x, y, z);
        return result;
    }

    public static uint SingleToUInt32Bits(float value) => Interop.FloatAsInt(value);

    public static float UInt32BitsToSingle(uint bits) => Interop.IntAsFloat(bits);

    /// <summary>A bit for each lane, set where the predicate holds.</summary>
    public static uint Ballot(bool predicate)
    {
        uint input = predicate ? 1u : 0;
        CudaAsm.Emit("{ .reg .pred holds; setp.ne.u32 holds, %1, 0; vote.sync.ballot.b32 %0, holds, 0xffffffff; }", out uint result, input);
        return result;
    }

    /// <summary>Tells ILGPU's frontend of them.</summary>
    public static void Register()
    {
        Replace(typeof(MathF), nameof(FusedMultiplyAdd), typeof(float), typeof(float), typeof(float));
        Replace(typeof(BitConverter), nameof(SingleToUInt32Bits), typeof(float));
        Replace(typeof(BitConverter), nameof(UInt32BitsToSingle), typeof(uint));
        Replace(typeof(WarpVote), nameof(Ballot), typeof(bool));
    }

    private static void Replace(Type type, string name, params Type[] parameters) =>
        RemappedIntrinsics.AddRemapping(type, typeof(IlgpuReplacements), name, parameters);
}
