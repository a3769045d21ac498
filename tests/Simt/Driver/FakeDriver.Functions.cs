using System.Runtime.InteropServices;
using System.Text;
using BareBert.Simt;

namespace BareBert.Tests;

/// <summary>The functions, by their names in cuda.h.</summary>
internal sealed unsafe partial class FakeDriver
{
    [UnmanagedCallersOnly]
    private static int cuInit(uint flags) => Call(nameof(cuInit), () => { });

    [UnmanagedCallersOnly]
    private static int cuDriverGetVersion(int* version) => Call(nameof(cuDriverGetVersion), () => { *version = current.Version; });

    [UnmanagedCallersOnly]
    private static int cuGetErrorName(int code, byte** name)
    {
        *name = (byte*)current.Text(NameOf(code));
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int cuGetErrorString(int code, byte** text)
    {
        *text = (byte*)current.Text($"what {code} means");
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int cuDeviceGetCount(int* count) => Call(nameof(cuDeviceGetCount), () => { *count = current.Count; });

    [UnmanagedCallersOnly]
    private static int cuDeviceGet(int* device, int ordinal) => Call(nameof(cuDeviceGet), () => { *device = ordinal; });

    [UnmanagedCallersOnly]
    private static int cuDeviceGetName(byte* name, int length, int device) =>
        Call(nameof(cuDeviceGetName), () => Terminated($"Fake {device}").CopyTo(new Span<byte>(name, length)));

    [UnmanagedCallersOnly]
    private static int cuDeviceTotalMem_v2(nuint* bytes, int device) => Call(nameof(cuDeviceTotalMem_v2), () => { *bytes = (nuint)current.Capacity; });

    [UnmanagedCallersOnly]
    private static int cuDeviceGetAttribute(int* value, int which, int device) => Call(nameof(cuDeviceGetAttribute), () =>
        { *value = which switch { 16 => 132, 75 => current.CapabilityMajor, 97 => 232_448, _ => 0 }; });

    [UnmanagedCallersOnly]
    private static int cuDevicePrimaryCtxRetain(nint* context, int device) => Call(nameof(cuDevicePrimaryCtxRetain), () => { *context = current.contexts[device] = current.Handle(); });

    [UnmanagedCallersOnly]
    private static int cuDevicePrimaryCtxRelease_v2(int device) => Call(nameof(cuDevicePrimaryCtxRelease_v2), () => current.Release(current.contexts[device]));

    [UnmanagedCallersOnly]
    private static int cuCtxSetCurrent(nint context) => Call(nameof(cuCtxSetCurrent), () => { });

    [UnmanagedCallersOnly]
    private static int cuMemGetInfo_v2(nuint* free, nuint* total) => Call(nameof(cuMemGetInfo_v2), () =>
    {
        (*free, *total) = ((nuint)(current.Capacity - current.memory.Values.Sum()), (nuint)current.Capacity);
    });

    [UnmanagedCallersOnly]
    private static int cuMemAlloc_v2(ulong* address, nuint bytes) => Call(nameof(cuMemAlloc_v2), () =>
    {
        if (current.memory.Values.Sum() + (long)bytes > current.Capacity)
            return OutOfMemory;
        *address = (ulong)NativeMemory.AlignedAlloc(bytes, 512);
        current.memory.Add(*address, (long)bytes);
        return 0;
    });

    [UnmanagedCallersOnly]
    private static int cuMemFree_v2(ulong address) => Call(nameof(cuMemFree_v2), () =>
    {
        if (!current.memory.Remove(address))
            return 1;
        NativeMemory.AlignedFree((void*)address);
        return 0;
    });

    [UnmanagedCallersOnly]
    private static int cuMemHostAlloc(void** pointer, nuint bytes, uint flags) => Call(nameof(cuMemHostAlloc), () =>
    {
        *pointer = NativeMemory.Alloc(bytes);
        current.handles.Add((nint)(*pointer));
    });

    [UnmanagedCallersOnly]
    private static int cuMemFreeHost(void* pointer) => Call(nameof(cuMemFreeHost), () =>
    {
        NativeMemory.Free(pointer);
        return current.Release((nint)pointer);
    });

    // Ordinary memory is read as late as pinned memory is: whoever does not wait is found out.
    [UnmanagedCallersOnly]
    private static int cuMemcpyHtoDAsync_v2(ulong target, void* source, nuint bytes, nint queue) => Call(nameof(cuMemcpyHtoDAsync_v2), () =>
        current.Enqueue(queue, () => Bytes((ulong)source, bytes).CopyTo(Bytes(target, bytes))));

    [UnmanagedCallersOnly]
    private static int cuMemcpyDtoHAsync_v2(void* target, ulong source, nuint bytes, nint queue) => Call(nameof(cuMemcpyDtoHAsync_v2), () =>
        current.Enqueue(queue, () => Bytes(source, bytes).CopyTo(Bytes((ulong)target, bytes))));

    [UnmanagedCallersOnly]
    private static int cuMemcpyDtoDAsync_v2(ulong target, ulong source, nuint bytes, nint queue) => Call(nameof(cuMemcpyDtoDAsync_v2), () =>
        current.Enqueue(queue, () => Bytes(source, bytes).CopyTo(Bytes(target, bytes))));

    [UnmanagedCallersOnly]
    private static int cuMemsetD8Async(ulong target, byte value, nuint bytes, nint queue) => Call(nameof(cuMemsetD8Async), () =>
        current.Enqueue(queue, () => Bytes(target, bytes).Fill(value)));

    [UnmanagedCallersOnly]
    private static int cuModuleLoadData(nint* module, void* image) => Call(nameof(cuModuleLoadData), () =>
    {
        string text = Marshal.PtrToStringUTF8((nint)image) ?? "";
        if (!text.StartsWith("cubin of ", StringComparison.Ordinal))
            return InvalidImage;
        *module = current.Handle();
        return 0;
    });

    [UnmanagedCallersOnly]
    private static int cuModuleUnload(nint module) => Call(nameof(cuModuleUnload), () => current.Release(module));

    // A function's handle is its name.
    [UnmanagedCallersOnly]
    private static int cuModuleGetFunction(nint* function, nint module, byte* name) => Call(nameof(cuModuleGetFunction), () =>
    {
        *function = current.Text(Marshal.PtrToStringUTF8((nint)name)!);
    });

    [UnmanagedCallersOnly]
    private static int cuFuncSetAttribute(nint function, int attribute, int value) => Call(nameof(cuFuncSetAttribute), () => { });

    [UnmanagedCallersOnly]
    private static int cuLaunchKernel(
        nint function, uint gridX, uint gridY, uint gridZ, uint groupX, uint groupY, uint groupZ, uint shared, nint queue, void** parameters, void** extra) =>
        Call(nameof(cuLaunchKernel), () =>
        {
            current.Launches.Add((((int)gridX, (int)gridY, (int)gridZ), ((int)groupX, (int)groupY, (int)groupZ), (int)shared));
            // The driver copies parameters before it returns. The kernel played here has four.
            if (current.Kernels.TryGetValue(Marshal.PtrToStringUTF8(function)!, out Func<nint[], Action>? kernel))
                current.Enqueue(queue, kernel([.. new ReadOnlySpan<nint>(parameters, 4)]));
        });

    [UnmanagedCallersOnly]
    private static int cuStreamCreate(nint* stream, uint flags) => Call(nameof(cuStreamCreate), () => { current.streams[*stream = current.Handle()] = new Queue<Action>(); });

    [UnmanagedCallersOnly]
    private static int cuStreamDestroy_v2(nint stream) => Call(nameof(cuStreamDestroy_v2), () => current.Release(stream));

    [UnmanagedCallersOnly]
    private static int cuStreamSynchronize(nint stream) => Call(nameof(cuStreamSynchronize), () => current.Wait(stream));

    // Work goes on by one piece from one question to the next.
    [UnmanagedCallersOnly]
    private static int cuStreamQuery(nint stream) => Call(nameof(cuStreamQuery), () =>
    {
        if (current.Fault == 0 && current.streams[stream].TryDequeue(out Action? work))
            work();
        return current.Fault != 0 ? current.Fault : current.streams[stream].Count > 0 ? NotReady : 0;
    });

    [UnmanagedCallersOnly]
    private static int cuStreamWaitEvent(nint stream, nint moment, uint flags) => Call(nameof(cuStreamWaitEvent), () =>
    {
        (nint source, int asked, _) = current.recorded[moment];
        current.Enqueue(stream, () =>
        {
            while (current.recorded[moment].Done < asked)
                current.streams[source].Dequeue()();
        });
    });

    [UnmanagedCallersOnly]
    private static int cuStreamBeginCapture_v2(nint stream, int mode) => Call(nameof(cuStreamBeginCapture_v2), () => { current.capture = []; });

    [UnmanagedCallersOnly]
    private static int cuStreamEndCapture(nint stream, nint* graph)
    {
        List<Action> work = current.capture!;
        current.capture = null;
        return Call(nameof(cuStreamEndCapture), () => current.graphs.Add(*graph = current.Handle(), work));
    }

    [UnmanagedCallersOnly]
    private static int cuGraphInstantiateWithFlags(nint* executable, nint graph, ulong flags) => Call(nameof(cuGraphInstantiateWithFlags), () =>
        current.graphs.Add(*executable = current.Handle(), current.graphs[graph]));

    [UnmanagedCallersOnly]
    private static int cuGraphLaunch(nint executable, nint stream) => Call(nameof(cuGraphLaunch), () => current.graphs[executable].ForEach(work => current.Enqueue(stream, work)));

    [UnmanagedCallersOnly]
    private static int cuGraphExecDestroy(nint executable) => Call(nameof(cuGraphExecDestroy), () => current.Release(executable));

    [UnmanagedCallersOnly]
    private static int cuGraphDestroy(nint graph) => Call(nameof(cuGraphDestroy), () => current.Release(graph));

    [UnmanagedCallersOnly]
    private static int cuEventCreate(nint* moment, uint flags) => Call(nameof(cuEventCreate), () => { *moment = current.Handle(); });

    // Time passes by a millisecond and a half an event.
    [UnmanagedCallersOnly]
    private static int cuEventRecord(nint moment, nint stream) => Call(nameof(cuEventRecord), () =>
    {
        int asked = current.recorded.GetValueOrDefault(moment).Asked + 1;
        current.recorded[moment] = current.recorded.GetValueOrDefault(moment) with { Stream = stream, Asked = asked };
        current.Enqueue(stream, () =>
        {
            current.moments[moment] = current.milliseconds += 1.5;
            current.recorded[moment] = current.recorded[moment] with { Done = asked };
        });
    });

    [UnmanagedCallersOnly]
    private static int cuEventSynchronize(nint moment) => Call(nameof(cuEventSynchronize), () => current.Wait(current.recorded[moment].Stream));

    [UnmanagedCallersOnly]
    private static int cuEventElapsedTime(float* elapsed, nint start, nint end) => Call(nameof(cuEventElapsedTime), () =>
    {
        *elapsed = (float)(current.moments[end] - current.moments[start]);
    });

    [UnmanagedCallersOnly]
    private static int cuEventDestroy_v2(nint moment) => Call(nameof(cuEventDestroy_v2), () => current.Release(moment));

    // The assembler's log goes where options 5 and 6 say.
    [UnmanagedCallersOnly]
    private static int cuLinkCreate_v2(uint options, int* which, void** values, nint* link) => Call(nameof(cuLinkCreate_v2), () =>
    {
        for (int i = 0; i < options; i++)
            current.log = which[i] switch { 5 => ((nint)values[i], current.log.Size), 6 => (current.log.Buffer, (int)(nint)values[i]), _ => current.log };
        current.links.Add(*link = current.Handle(), []);
    });

    [UnmanagedCallersOnly]
    private static int cuLinkAddData_v2(nint link, int type, void* data, nuint size, byte* name, uint options, int* which, void** values)
    {
        Terminated(current.Log).CopyTo(new Span<byte>((void*)current.log.Buffer, current.log.Size));
        return Call(nameof(cuLinkAddData_v2), () =>
        {
            string ptx = Encoding.UTF8.GetString(new ReadOnlySpan<byte>(data, (int)size));
            current.links[link] = Terminated("cubin of " + ptx);
            return type == 1 && ptx.EndsWith('\0') ? 0 : 1;
        });
    }

    [UnmanagedCallersOnly]
    private static int cuLinkComplete(nint link, void** cubin, nuint* size) => Call(nameof(cuLinkComplete), () =>
    {
        byte[] made = current.links[link];
        *cubin = (void*)current.Keep(made);
        *size = (nuint)made.Length;
    });

    [UnmanagedCallersOnly]
    private static int cuLinkDestroy(nint link) => Call(nameof(cuLinkDestroy), () => current.Release(link));
}
