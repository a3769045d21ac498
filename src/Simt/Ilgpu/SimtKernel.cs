namespace BareBert.Simt;

public sealed partial class SimtKernel
{
    private SimtKernel(SimtKernel kernel, string name, string ptx)
    {
        (Method, Name, Ptx, LocalArrays, TakesViewsWhole) = (kernel.Method, name, ptx, [], true);
        (StaticSharedBytes, UsesDynamicShared) = (kernel.StaticSharedBytes, kernel.UsesDynamicShared);
    }

    /// <summary>The same kernel, compiled by ILGPU.</summary>
    /// <exception cref="SimtCompileException">ILGPU refuses it.</exception>
    public SimtKernel ByIlgpu()
    {
        (string name, string ptx) = IlgpuCompiler.Compile(Method);
        return new SimtKernel(this, name, ptx);
    }
}
