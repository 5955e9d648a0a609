namespace Viaduct.Bench;

/// <summary>Which of the mapped addresses a benchmark uses.</summary>
public enum AddressPattern
{
    /// <summary>One address, over and over.</summary>
    Same,

    /// <summary>A new mapping each time.</summary>
    Random,
}
