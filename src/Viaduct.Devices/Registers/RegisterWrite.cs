namespace Viaduct.Devices.Registers;

/// <summary>A store to a register, as its handler sees it: the access rules of the fields have been applied already.</summary>
/// <param name="Index">Which of an array; zero elsewhere.</param>
/// <param name="Mask">The register's bits that the access covers.</param>
/// <param name="Written">What was written, at its place in the register; zero outside <paramref name="Mask"/>.</param>
/// <param name="Old">The register's value before.</param>
/// <param name="New">The register's value now.</param>
public readonly record struct RegisterWrite(int Index, ulong Mask, ulong Written, ulong Old, ulong New);
