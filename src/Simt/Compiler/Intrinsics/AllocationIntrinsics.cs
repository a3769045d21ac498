using ILGPU;

namespace BareBert.Simt;

/// <summary>Shared memory and arrays of one thread.</summary>
internal static class AllocationIntrinsics
{
    public static void AddTo(Dictionary<(Type, string), Intrinsic> table)
    {
        table[(typeof(SharedMemory), "Allocate")] = (c, m, a) => m.GetParameters().Length == 0
            ? c.Allocate(AddressSpace.Shared, m.GetGenericArguments()[0], 1).Fields[0]
            : c.Allocate(AddressSpace.Shared, m.GetGenericArguments()[0], Extent(a[0], "SharedMemory.Allocate"));
        table[(typeof(SharedMemory), "GetDynamic")] = (c, m, _) => c.DynamicShared(m.GetGenericArguments()[0]);
        table[(typeof(LocalMemory), "Allocate")] = (c, m, a) =>
            c.AllocateLocal(m.GetGenericArguments()[0], (int)Extent(a[0], "LocalMemory.Allocate"));
    }

    private static long Extent(Value extent, string what) => extent is Constant { Bits: > 0 } constant
        ? constant.Bits
        : throw new NotSupportedException($"{what} takes a positive number that is known when the kernel is compiled");
}
