namespace Viaduct.Driver.Suite;

/// <summary>Something is not as it must be.</summary>
internal sealed class SuiteFailure(string message) : Exception(message);
