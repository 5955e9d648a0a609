using System.Reflection;
using System.Runtime.CompilerServices;

namespace Viaduct.Abi.Tests.Infrastructure;

/// <summary>What Viaduct.Abi declares, found by reflection.</summary>
internal static class AbiAssembly
{
    // Types that repeat no header.
    private static readonly HashSet<Type> s_own = [typeof(SysResult), typeof(IoctlNumber)];

    /// <summary>Every struct that stands for one of a header; arrays that they embed are not among them.</summary>
    public static IReadOnlyList<Type> Structs { get; } =
        [.. Exported().Where(t => t.IsValueType && !t.IsEnum && !t.IsDefined(typeof(InlineArrayAttribute)))];

    /// <summary>Every numeric constant and enum member that stands for a name of a header.</summary>
    public static ILookup<string, ulong> Constants { get; } =
        Literals().Where(f => f.FieldType != typeof(string)).ToLookup(f => f.Name, Value);

    /// <summary>Every string constant.</summary>
    public static IReadOnlyDictionary<string, string> Strings { get; } =
        Literals().Where(f => f.FieldType == typeof(string))
            .ToDictionary(f => f.Name, f => (string)f.GetRawConstantValue()!);

    /// <summary>The instance fields of a struct.</summary>
    public static FieldInfo[] Fields(Type type) => type.GetFields(BindingFlags.Instance | BindingFlags.Public);

    /// <summary>The value of a struct's int constant, or null where it has none of that name.</summary>
    public static int? Constant(Type type, string name) =>
        type.GetField(name, BindingFlags.Static | BindingFlags.Public)?.GetRawConstantValue() as int?;

    /// <summary>A name without what C and C# spell differently: vfio_region_info is VfioRegionInfo.</summary>
    public static string Fold(string name) => name.Replace("_", "").ToLowerInvariant();

    private static IEnumerable<Type> Exported() => typeof(Errno).Assembly.GetExportedTypes().Except(s_own);

    private static IEnumerable<FieldInfo> Literals() =>
        Exported().Where(t => t.IsEnum || (t.IsAbstract && t.IsSealed))
            .SelectMany(t => t.GetFields(BindingFlags.Static | BindingFlags.Public))
            .Where(f => f.IsLiteral && !IsOwnZero(f));

    // "None" is the C# name of no flag at all, and of no errno.
    private static bool IsOwnZero(FieldInfo field) =>
        field.DeclaringType!.IsEnum && field.Name == "None" && Value(field) == 0;

    private static ulong Value(FieldInfo field) => Convert.ToUInt64(field.GetRawConstantValue());
}
