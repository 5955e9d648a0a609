namespace Viaduct.Abi.Tests.Infrastructure;

/// <summary>Where a field of a C struct is, in bytes.</summary>
internal readonly record struct HeaderField(int Offset, int Size);
