namespace Viaduct.Devices.Registers;

/// <summary>A load from a register, as its handler sees it.</summary>
/// <param name="Index">Which of an array; zero elsewhere.</param>
/// <param name="Mask">The register's bits that the access covers: side effects belong to these only.</param>
/// <param name="Stored">The register's value.</param>
public readonly record struct RegisterRead(int Index, ulong Mask, ulong Stored);
