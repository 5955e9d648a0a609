using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Viaduct.Linux.Descriptors;
using Viaduct.Supervisor.Processes;
using Viaduct.Vfio.Files;

namespace Viaduct.Supervisor.Files;

/// <summary>A file of the host's that is remembered: by a reference, or by its number where the sandbox allows none.</summary>
internal sealed class HostFileReference(SupervisedProcess process, int number, SafeFileHandle? handle) : IHostFileReference
{
    private bool _isClosed;

    public bool IsSame(IHostFile file)
        => file is HostFile other
            && ((handle is not null && other.Handle is { } its ? OpenDescription.AreSame(handle, its) : null)
                ?? (!_isClosed && other.Process == process && other.Number == number));

    public void OnOpening()
        => _isClosed |= SymbolicLink.Read(string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Id}/fd/{number}"), out _).IsError;

    public void Dispose() => handle?.Dispose();
}
