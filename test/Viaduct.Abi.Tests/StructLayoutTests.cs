using Viaduct.Abi.Tests.Infrastructure;

namespace Viaduct.Abi.Tests;

/// <summary>Every struct against the table made from the kernel's headers.</summary>
public class StructLayoutTests
{
    public static TheoryData<Type> Structs => [.. AbiAssembly.Structs];

    [Fact]
    public void Structs_AndTheTables_AreTheSame()
    {
        var table = HeaderTable.Pinned.Structs.Keys.Select(AbiAssembly.Fold).Order();
        Assert.Equal(table, AbiAssembly.Structs.Select(type => AbiAssembly.Fold(type.Name)).Order());
    }

    [Theory]
    [MemberData(nameof(Structs))]
    public void Struct_SizeConstant_IsSizeof(Type type)
    {
        var header = HeaderOf(type);
        Assert.Equal(header.Size, ManagedLayout.SizeOf(type));

        // A header's own field called size leaves the constant the longer name.
        var name = header.Fields.ContainsKey("size") ? "StructSize" : "Size";
        Assert.Equal(header.Size, AbiAssembly.Constant(type, name));
    }

    [Theory]
    [MemberData(nameof(Structs))]
    public void Struct_Fields_AreWhereTheHeaderHasThem(Type type)
    {
        var expected = HeaderOf(type).Fields.Select(f => (AbiAssembly.Fold(f.Key), f.Value)).Order(Comparer);
        var actual = AbiAssembly.Fields(type)
            .Select(f => (AbiAssembly.Fold(f.Name),
                new HeaderField(ManagedLayout.OffsetOf(f), ManagedLayout.SizeOf(f.FieldType))))
            .Order(Comparer);
        Assert.Equal(expected, actual);
    }

    [Theory]
    [MemberData(nameof(Structs))]
    public void Struct_Tail_StartsBehindTheStruct(Type type)
    {
        var header = HeaderOf(type);
        Assert.True(header.Tail is null || header.Tail == header.Size);
    }

    [Theory]
    [MemberData(nameof(Structs))]
    public void Struct_HoldsNoReferences(Type type) => Assert.False(ManagedLayout.HasReferences(type));

    private static Comparer<(string Name, HeaderField Field)> Comparer { get; } =
        Comparer<(string Name, HeaderField Field)>.Create((a, b) => string.CompareOrdinal(a.Name, b.Name));

    private static HeaderStruct HeaderOf(Type type) =>
        HeaderTable.Pinned.Structs.Values.Single(s => AbiAssembly.Fold(s.Name) == AbiAssembly.Fold(type.Name));
}
