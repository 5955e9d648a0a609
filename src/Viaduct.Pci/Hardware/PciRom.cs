namespace Viaduct.Pci.Hardware;

/// <summary>An expansion ROM.</summary>
/// <param name="Size">Bytes that its register decodes: a power of two, 2 KiB to 16 MiB.</param>
/// <param name="Content">What is in it; behind its end, all ones.</param>
public sealed record PciRom(int Size, ReadOnlyMemory<byte> Content);
