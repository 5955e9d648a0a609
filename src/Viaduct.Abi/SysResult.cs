namespace Viaduct.Abi;

/// <summary>
/// What a system call returns: a value at or above zero, or a negated <see cref="Errno"/>. A client's mistake is
/// always one of these and never an exception.
/// </summary>
/// <param name="Raw">The value as the kernel puts it in the return register.</param>
public readonly record struct SysResult(long Raw)
{
    /// <summary>Zero: done.</summary>
    public static SysResult Success => default;

    /// <summary>True where <see cref="Raw"/> is a negated errno.</summary>
    public bool IsError => Raw < 0;

    /// <summary>The errno of a failed call; <see cref="Errno.None"/> of a successful one.</summary>
    public Errno Errno => Raw < 0 ? (Errno)(-Raw) : Errno.None;

    /// <summary>A failed call.</summary>
    public static implicit operator SysResult(Errno error) => new(-(long)error);

    /// <summary>A successful call that returns a value, which must not be negative.</summary>
    public static SysResult FromValue(long value) => new(value);

    /// <inheritdoc/>
    public override string ToString() => IsError ? $"-{Errno}" : Raw.ToString();
}
