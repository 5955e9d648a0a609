namespace CopyEngine;

/// <summary>The engine did not do what it was told.</summary>
internal sealed class IoatException(string message) : IOException(message);
