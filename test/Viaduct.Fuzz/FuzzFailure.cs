namespace Viaduct.Fuzz;

/// <summary>What was found.</summary>
/// <param name="what">For a person.</param>
internal sealed class FuzzFailure(string what) : Exception(what);
