using Viaduct.Abi;

namespace Viaduct.Vfio.Files;

/// <summary>Ioctls on descriptors of the host's that are answered here all the same.</summary>
public interface IHostIoctls
{
    /// <summary>The requests that come here, by whatever descriptor; none that a program makes often.</summary>
    IReadOnlyList<uint> Requests { get; }

    /// <summary>ioctl(2), one call after the other.</summary>
    /// <param name="caller">Who calls.</param>
    /// <param name="file">The host's file.</param>
    /// <param name="request">The request.</param>
    /// <param name="argument">Its argument.</param>
    /// <returns>The answer; null where the host is to give it.</returns>
    SysResult? Ioctl(Caller caller, IHostFile file, uint request, ulong argument);
}
