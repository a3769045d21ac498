using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace BareBert.Simt;

internal sealed partial class KernelCompiler
{
    /// <summary>The type that the next call is made on (IL's <c>constrained.</c> prefix), so that interface calls can be resolved.</summary>
    private Type? constrained;

    /// <summary>A call: something the GPU has an instruction for, or a method to go on with. False: it never comes back.</summary>
    private bool Call(Frame frame, MethodBase method)
    {
        Value[] arguments = Pop(method.GetParameters().Length + (method.IsStatic ? 0 : 1));
        method = Resolve(method);
        method = Intrinsics.Replacement(method) ?? method;
        if (method.GetCustomAttribute<DoesNotReturnAttribute>() is not null)
        {
            emitter.Current.Terminator = new Trap();
            return false;
        }
        if (Intrinsics.Find(method) is { } intrinsic)
        {
            if (intrinsic(this, (MethodInfo)method, arguments) is { } result)
                Push(result);
            return true;
        }
        return Inline(frame, method, arguments);
    }

    private bool Inline(Frame frame, MethodBase method, Value[] arguments)
    {
        List<Value> callerStack = stack;
        Frame callee = Enter(frame, frame.Offset, method, arguments);
        CompileFrame(callee);
        stack = callerStack;
        if (callee.Returns.Count == 0)
            return false;
        (state, Value[] result) = joiner.Join(callee.Returns);
        Leave(callee);
        stack.AddRange(result);
        return true;
    }

    /// <summary>The method that a call through an interface or a generic constraint ends in.</summary>
    private MethodBase Resolve(MethodBase method)
    {
        Type? type = constrained;
        constrained = null;
        if (type is null || method.DeclaringType is not { IsInterface: true } contract)
        {
            if (method.IsVirtual && method.DeclaringType is { IsValueType: false })
                throw new NotSupportedException($"the virtual call {method.DeclaringType.Name}.{method.Name}: kernels have no objects");
            return method;
        }
        MethodInfo definition = method is MethodInfo { IsGenericMethod: true } generic ? generic.GetGenericMethodDefinition() : (MethodInfo)method;
        InterfaceMapping map = type.GetInterfaceMap(contract);
        int index = Array.FindIndex(map.InterfaceMethods, m => m.MetadataToken == definition.MetadataToken && m.Module == definition.Module);
        MethodInfo target = index >= 0 ? map.TargetMethods[index]
            : throw new NotSupportedException($"{type.Name} has no {method.Name}");
        return target.IsGenericMethodDefinition ? target.MakeGenericMethod(method.GetGenericArguments()) : target;
    }

    private bool NewObject(Frame frame, ConstructorInfo constructor)
    {
        Value[] arguments = Pop(constructor.GetParameters().Length);
        Type type = constructor.DeclaringType!;
        if (!type.IsValueType)
        {
            if (!typeof(Exception).IsAssignableFrom(type))
                throw new NotSupportedException($"new {type.Name}: kernels have no objects");
            Push(new HostObject(type));
            return true;
        }
        Place place = PlaceFor(frame.Id, "new", frame.Offset, type);
        frame.Temporaries.Add(place);
        state[place.Id] = Default(type);
        if (!Inline(frame, constructor, [new PlaceReference(place, []), .. arguments]))
            return false;
        Push(state[place.Id]!);
        state[place.Id] = null;
        return true;
    }
}
