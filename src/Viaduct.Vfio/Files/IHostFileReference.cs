namespace Viaduct.Vfio.Files;

/// <summary>An open file of the host's that is remembered. It stays open until this is disposed.</summary>
public interface IHostFileReference : IDisposable
{
    /// <summary>The same open file: a duplicate's, or an inherited descriptor's too.</summary>
    bool IsSame(IHostFile file);
}
