namespace Viaduct.Driver.Suite;

/// <summary>The device at hand cannot show this.</summary>
internal sealed class SuiteSkip(string why) : Exception(why);
