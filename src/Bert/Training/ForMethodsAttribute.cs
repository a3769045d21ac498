using System.Reflection;

namespace BareBert.Bert.Training;

/// <summary>Marks an option that means something to some methods alone: with another it is refused, and not written down.</summary>
/// <param name="methods">Those.</param>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ForMethodsAttribute(params FineTuningMethod[] methods) : Attribute
{
    /// <summary>The options of a record that mean nothing to a method, with the methods that they are for.</summary>
    public static IEnumerable<(PropertyInfo Property, string Methods)> Foreign(Type record, FineTuningMethod method) =>
        from property in record.GetProperties()
        let mark = property.GetCustomAttribute<ForMethodsAttribute>()
        where mark is not null && !mark.Methods.Contains(method)
        select (property, string.Join(" or ", mark.Methods.Select(m => m.ToString().ToLowerInvariant())));

    private FineTuningMethod[] Methods => methods;
}
