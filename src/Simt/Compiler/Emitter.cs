namespace BareBert.Simt;

/// <summary>Appends instructions to the kernel: numbers registers, reuses what a block has already computed, keeps what is known
/// about each register's origin.</summary>
internal sealed class Emitter
{
    private readonly Dictionary<int, PtxInstruction> definitions = [];
    private int nextRegister;

    public Emitter(PtxFunction function)
    {
        Function = function;
        Prologue = NewBlock();
        Current = NewBlock();
        Prologue.Terminator = new Jump(new PtxEdge { Target = Current });
    }

    public PtxFunction Function { get; }

    /// <summary>Runs once, first: thread indices, parameters and addresses of arrays.</summary>
    public PtxBlock Prologue { get; }

    /// <summary>Where instructions go.</summary>
    public PtxBlock Current { get; set; }

    /// <summary>Instructions emitted so far, those thrown away too.</summary>
    public int Emitted { get; private set; }

    public PtxBlock NewBlock()
    {
        var block = new PtxBlock();
        Function.Blocks.Add(block);
        return block;
    }

    public Register NewRegister(PtxType type, TypeCode range = TypeCode.Empty) => new(type, ++nextRegister) { Range = range };

    /// <summary>The instruction that made a register; null for what joins and multi-result instructions made.</summary>
    public PtxInstruction? DefinitionOf(Scalar scalar) => scalar is Register register ? definitions.GetValueOrDefault(register.Id) : null;

    /// <summary>Emits an instruction whose result depends on its operands only.</summary>
    /// <param name="type">Of the result.</param>
    /// <param name="template">PTX with $0 for the result and $1 … for the operands.</param>
    /// <param name="operands">In the order of their numbers.</param>
    public Register Pure(PtxType type, string template, params Scalar[] operands) => PureIn(Current, type, TypeCode.Empty, template, operands);

    /// <inheritdoc cref="Pure(PtxType, string, Scalar[])"/>
    public Register PureSmall(TypeCode range, string template, params Scalar[] operands) =>
        PureIn(Current, PtxType.Int32, range, template, operands);

    /// <summary>Emits into the prologue: for what is the same throughout the kernel.</summary>
    public Register Once(PtxType type, string template, TypeCode range = TypeCode.Empty) => PureIn(Prologue, type, range, template, []);

    private Register PureIn(PtxBlock block, PtxType type, TypeCode range, string template, Scalar[] operands)
    {
        string key = operands.Length == 0 ? template : template + '|' + string.Join<Scalar>(',', operands);
        if (block.Known.TryGetValue(key, out Register? known))
            return known;
        Register result = NewRegister(type, range);
        Append(block, new PtxInstruction(template, [result], operands, HasEffect: false));
        return block.Known[key] = result;
    }

    /// <summary>Emits a read of something that others may change, such as memory.</summary>
    public Register Read(PtxType type, string template, params Scalar[] operands) => ReadSmall(type, TypeCode.Empty, template, operands);

    /// <inheritdoc cref="Read(PtxType, string, Scalar[])"/>
    public Register ReadSmall(PtxType type, TypeCode range, string template, params Scalar[] operands)
    {
        Register result = NewRegister(type, range);
        Append(Current, new PtxInstruction(template, [result], operands, HasEffect: false));
        return result;
    }

    /// <summary>Emits an instruction that stays whether or not its results are used.</summary>
    public Register[] Effect(PtxType[] results, string template, params Scalar[] operands)
    {
        Register[] registers = [.. results.Select(type => NewRegister(type))];
        Append(Current, new PtxInstruction(template, registers, operands, HasEffect: true));
        return registers;
    }

    /// <summary>Emits an instruction with several results.</summary>
    public Register[] ReadMany(PtxType[] results, string template, params Scalar[] operands)
    {
        Register[] registers = [.. results.Select(type => NewRegister(type))];
        Append(Current, new PtxInstruction(template, registers, operands, HasEffect: false));
        return registers;
    }

    /// <summary>A register with the operand's value, for instructions that take no constants.</summary>
    public Register InRegister(Scalar scalar) =>
        scalar as Register ?? Pure(scalar.Type, $"mov.{scalar.Type.Suffix()} $0, $1", scalar);

    /// <summary>An edge out of the current block, to be given its target when the compiler gets there.</summary>
    public PtxEdge JumpAway()
    {
        var edge = new PtxEdge();
        Current.Terminator = new Jump(edge);
        return edge;
    }

    private void Append(PtxBlock block, PtxInstruction instruction)
    {
        block.Instructions.Add(instruction);
        Emitted++;
        if (instruction.Results.Length == 1)
            definitions[instruction.Results[0].Id] = instruction;
    }
}
