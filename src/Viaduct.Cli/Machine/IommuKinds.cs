namespace Viaduct.Cli.Machine;

/// <summary>The names of <see cref="IommuKind"/> on the command line.</summary>
internal static class IommuKinds
{
    public const string Type1 = "type1";
    public const string Spapr = "spapr";
    public const string None = "none";

    public static bool TryParse(string text, out IommuKind kind)
    {
        kind = text switch
        {
            Spapr => IommuKind.Spapr,
            None => IommuKind.None,
            _ => IommuKind.Type1,
        };
        return text is Type1 or Spapr or None;
    }
}
