using Viaduct.Linux.Descriptors;

namespace Viaduct.Supervisor.Files;

/// <summary>
/// An open file description that we made for a client: an empty (or filled) memory file whose inode is its identity, since
/// a client may duplicate, inherit and pass its descriptor as it likes.
/// </summary>
internal abstract class OpenFile
{
    /// <summary>The memory file's device and inode.</summary>
    public FileIdentity Identity { get; set; }

    /// <summary>Its number at the <see cref="CloseWatcher"/>.</summary>
    public int Watch { get; set; } = -1;

    /// <summary>True once the last reference has gone; nothing is served any more.</summary>
    public bool IsReleased { get; private set; }

    /// <summary>True where a client closed a descriptor of it by a call, and did not just end.</summary>
    public bool WasClosed { get; set; }

    /// <summary>The flags that fcntl(F_GETFL) shows where the file was opened with O_PATH; zero where it was really opened. Such a
    /// descriptor names the file and does nothing else: EBADF.</summary>
    public int PathFlags { get; init; }

    /// <summary>Opened with O_PATH.</summary>
    public bool IsPathOnly => PathFlags != 0;

    /// <summary>What readlink of /proc/self/fd/N says.</summary>
    public abstract string LinkName { get; }

    /// <summary>The last reference has gone.</summary>
    public void Release()
    {
        if (!IsReleased)
        {
            IsReleased = true;
            OnRelease();
        }
    }

    protected virtual void OnRelease()
    {
    }
}
