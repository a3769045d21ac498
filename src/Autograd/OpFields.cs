using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace BareBert.Autograd;

/// <summary>
/// Looks at what an op object holds, whoever wrote it. Empties it between two uses: every field that its class declares. So an op that sets a field in one case alone never
/// meets what an earlier step left there, whoever wrote the op, and, but for lists that it fills again, holds no step's variables alive.
/// </summary>
internal static class OpFields
{
    private static readonly ConcurrentDictionary<Type, (FieldInfo Field, object? Empty)[]> Known = new();
    private static readonly ConcurrentDictionary<Type, FieldInfo[]> Holding = new();

    /// <summary>Empties the fields that classes between <see cref="Op"/> and the op's own declare.</summary>
    public static void Clear(Op op)
    {
        foreach ((FieldInfo field, object? empty) in Known.GetOrAdd(op.GetType(), FieldsOf))
            field.SetValue(op, empty);
    }

    /// <summary>The parameters that an op works with: those that its fields hold, one each or in lists.</summary>
    public static IEnumerable<Parameter> ParametersOf(Op op)
    {
        foreach (FieldInfo field in Holding.GetOrAdd(op.GetType(), HoldingOf))
        {
            switch (field.GetValue(op))
            {
                case Parameter parameter:
                    yield return parameter;
                    break;
                case IEnumerable<Variable> list:
                    foreach (Parameter parameter in list.OfType<Parameter>())
                        yield return parameter;
                    break;
            }
        }
    }

    private static FieldInfo[] HoldingOf(Type type)
    {
        var fields = new List<FieldInfo>();
        for (Type declaring = type; declaring != typeof(Op); declaring = declaring.BaseType!)
        {
            fields.AddRange(declaring.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
                .Where(field => typeof(Variable).IsAssignableFrom(field.FieldType) || typeof(IEnumerable<Variable>).IsAssignableFrom(field.FieldType)));
        }
        return [.. fields];
    }

    private static (FieldInfo, object?)[] FieldsOf(Type type)
    {
        var fields = new List<(FieldInfo, object?)>();
        for (Type declaring = type; declaring != typeof(Op); declaring = declaring.BaseType!)
        {
            foreach (FieldInfo field in declaring.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                // What is readonly was made with the object and is its own: a list that it fills again.
                if (!field.IsInitOnly)
                    fields.Add((field, field.FieldType.IsValueType ? RuntimeHelpers.GetUninitializedObject(field.FieldType) : null));
            }
        }
        return [.. fields];
    }
}
