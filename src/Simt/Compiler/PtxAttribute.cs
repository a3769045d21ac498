namespace BareBert.Simt;

/// <summary>Says what a method is on a GPU: this PTX, in place of its body. For instructions that ILGPU has no method for.</summary>
/// <remarks>
/// <para>The method also carries ILGPU's <c>[IntrinsicImplementation]</c>, so that the frontend leaves calls of it alone; what is called on the host
/// (by ILGPU's CPU accelerator too) is its body.</para>
/// <para><c>$0 $1 …</c> are registers: first those of the result, a struct's field by field, then those of the parameters in the same way. A
/// <c>ref</c> parameter is an address; it says in which memory by <see cref="SharedAttribute"/> or <see cref="GlobalAttribute"/>.</para>
/// </remarks>
/// <param name="template">One statement, or several in braces with registers of their own.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PtxAttribute(string template) : Attribute
{
    /// <summary>The text, <c>$</c> before the number of a register.</summary>
    public string Template { get; } = template;
}

/// <summary>The parameter's address is one of shared memory.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class SharedAttribute : Attribute;

/// <summary>The parameter's address is one of global memory.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class GlobalAttribute : Attribute;
