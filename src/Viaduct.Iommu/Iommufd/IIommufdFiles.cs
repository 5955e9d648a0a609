using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu.Iommufd;

/// <summary>What an iommufd does with a client's descriptors; the files themselves are the VFIO core's.</summary>
public interface IIommufdFiles
{
    /// <summary>Gives the client a descriptor of a fault queue.</summary>
    /// <param name="caller">The client's task.</param>
    /// <param name="close">Called once when the last reference to the file has gone.</param>
    /// <returns>The descriptor, or EMFILE and its like.</returns>
    SysResult OpenFaultQueue(ClientTask caller, Action close);

    /// <summary>fget(): what is behind a client's descriptor, as memory.</summary>
    /// <param name="caller">The client's task.</param>
    /// <param name="fd">The number, as the client gave it.</param>
    /// <param name="file">The file, of whatever kind; disposed by whoever asked.</param>
    /// <returns>Zero or EBADF.</returns>
    SysResult GetFileMemory(ClientTask caller, int fd, out FileMemory? file);
}
