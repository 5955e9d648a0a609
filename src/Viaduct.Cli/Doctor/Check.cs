namespace Viaduct.Cli.Doctor;

/// <summary>Something that running programs takes.</summary>
/// <param name="Name">What was looked at.</param>
/// <param name="Verdict">How it stands.</param>
/// <param name="Found">What was found.</param>
/// <param name="Fix">What to do; empty where nothing need be done.</param>
internal sealed record Check(string Name, CheckVerdict Verdict, string Found, string Fix = "");
