namespace Viaduct.Devices.Registers;

/// <summary>How a block treats accesses that are not exactly one register.</summary>
public sealed record RegisterBlockRules
{
    /// <summary>Any part of a register, and several registers at once; what is not there reads zero.</summary>
    public static RegisterBlockRules Default { get; } = new();

    /// <summary>Narrower accesses never reach a register: they read zero. 1, 2, 4 or 8 bytes.</summary>
    public int MinimumWidth { get; init; } = 1;

    /// <summary>An access must start where its register starts, and never covers two.</summary>
    public bool ExactOffset { get; init; }

    /// <summary>A store that is narrower than its register sets the other bits to zero, instead of leaving them.</summary>
    public bool NarrowWriteExtends { get; init; }

    /// <summary>What is read where no register answers, cut to the access' width.</summary>
    public ulong UnknownValue { get; init; }
}
