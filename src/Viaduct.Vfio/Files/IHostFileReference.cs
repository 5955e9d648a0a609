namespace Viaduct.Vfio.Files;

/// <summary>An open file of the host's that is remembered. It stays open until this is disposed.</summary>
public interface IHostFileReference : IDisposable
{
    /// <summary>The same open file: a duplicate's, or an inherited descriptor's too.</summary>
    bool IsSame(IHostFile file);

    /// <summary>Another file of the kind is about to be opened. Where files can be known by their numbers only, one whose number is free by
    /// now is not taken for the new one.</summary>
    void OnOpening();
}
