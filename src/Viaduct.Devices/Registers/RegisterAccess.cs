namespace Viaduct.Devices.Registers;

/// <summary>An access that no register answered.</summary>
/// <param name="Offset">Bytes from the start of the block.</param>
/// <param name="Width">1, 2, 4 or 8 bytes.</param>
/// <param name="IsWrite">A store.</param>
/// <param name="Value">What was written, or what was read instead.</param>
public readonly record struct RegisterAccess(ulong Offset, int Width, bool IsWrite, ulong Value);
