namespace Viaduct.Abi.Tests.Infrastructure;

/// <summary>A struct of a C header; <see cref="Size"/> is its sizeof.</summary>
internal sealed record HeaderStruct(string Name, int Size)
{
    public Dictionary<string, HeaderField> Fields { get; } = [];

    /// <summary>Offset of the array without a length at its end, if there is one.</summary>
    public int? Tail { get; set; }
}
