using System.Globalization;
using Viaduct.Linux.Descriptors;

namespace Viaduct.Supervisor.Vfs;

/// <summary>A task's file-system identity.</summary>
internal readonly record struct Owner(uint UserId, uint GroupId)
{
    /// <summary>Who a task is: the owner of its directory in /proc.</summary>
    public static Owner Of(int task)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"/proc/{task}");
        _ = FileStatus.Get(FileStatus.AT_FDCWD, path, 0, out var status);
        return new Owner(status.UserId, status.GroupId);
    }
}
