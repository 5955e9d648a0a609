using System.Runtime.InteropServices;
using System.Text;
using Viaduct.Abi;

namespace Viaduct.Linux;

/// <summary>
/// The file system calls, with the kernel's answer as a value. A call that a signal interrupted is made again where
/// that is safe (open, pread, pwrite); ioctl and poll say EINTR.
/// </summary>
public static unsafe class FileCalls
{
    private const int O_CLOEXEC = 0x80000;
    private const int MaxLink = 4096;
    private const int RWF_NOWAIT = 0x8;

    /// <summary>open(2), close-on-exec.</summary>
    /// <param name="path">The file; not empty.</param>
    /// <param name="flags">How to open it.</param>
    /// <param name="handle">The open file; an invalid handle after an error.</param>
    public static SysResult Open(string path, OpenFlags flags, out FileDescriptorHandle handle)
    {
        int fd;
        do
        {
            fd = LibC.Open(path, (int)flags | O_CLOEXEC, 0);
        }
        while (fd < 0 && LastErrno() == Errno.EINTR);
        var result = Result(fd);
        handle = new FileDescriptorHandle(fd);
        return result;
    }

    /// <summary>ioctl(2) whose argument is a number.</summary>
    public static SysResult Ioctl(FileDescriptorHandle file, uint request, nuint argument = 0) =>
        Result(LibC.Ioctl(file, request, argument));

    /// <summary>ioctl(2) whose argument is a structure that the kernel reads, writes or both.</summary>
    public static SysResult Ioctl<T>(FileDescriptorHandle file, uint request, ref T argument)
        where T : unmanaged
    {
        fixed (T* pointer = &argument)
        {
            return Result(LibC.Ioctl(file, request, (nuint)pointer));
        }
    }

    /// <summary>ioctl(2) whose argument is a structure with a tail, as VFIO's capability chains are.</summary>
    public static SysResult Ioctl(FileDescriptorHandle file, uint request, Span<byte> argument)
    {
        fixed (byte* pointer = argument)
        {
            return Result(LibC.Ioctl(file, request, (nuint)pointer));
        }
    }

    /// <summary>ioctl(2) whose argument is a NUL-terminated string.</summary>
    public static SysResult Ioctl(FileDescriptorHandle file, uint request, string argument)
    {
        var bytes = Encoding.UTF8.GetBytes(argument + '\0');
        return Ioctl(file, request, bytes.AsSpan());
    }

    /// <summary>ioctl(2) whose argument is a pointer to a descriptor's number (int).</summary>
    public static SysResult IoctlDescriptor(FileDescriptorHandle file, uint request, SafeHandle descriptor)
    {
        var added = false;
        try
        {
            descriptor.DangerousAddRef(ref added);
            var number = (int)descriptor.DangerousGetHandle();
            return Ioctl(file, request, ref number);
        }
        finally
        {
            if (added)
            {
                descriptor.DangerousRelease();
            }
        }
    }

    /// <summary>pread(2).</summary>
    /// <returns>The bytes read, which may be fewer than asked for.</returns>
    public static SysResult Pread(FileDescriptorHandle file, Span<byte> buffer, ulong offset)
    {
        fixed (byte* pointer = buffer)
        {
            nint count;
            do
            {
                count = LibC.Pread(file, pointer, (nuint)buffer.Length, (long)offset);
            }
            while (count < 0 && LastErrno() == Errno.EINTR);
            return Result(count);
        }
    }

    /// <summary>pwrite(2).</summary>
    /// <returns>The bytes written, which may be fewer than asked for.</returns>
    public static SysResult Pwrite(FileDescriptorHandle file, ReadOnlySpan<byte> buffer, ulong offset)
    {
        fixed (byte* pointer = buffer)
        {
            nint count;
            do
            {
                count = LibC.Pwrite(file, pointer, (nuint)buffer.Length, (long)offset);
            }
            while (count < 0 && LastErrno() == Errno.EINTR);
            return Result(count);
        }
    }

    /// <summary>preadv2(2) with RWF_NOWAIT: what can be read without waiting.</summary>
    /// <returns>The bytes read, which may be fewer than asked for; EAGAIN where it would have to wait; EOPNOTSUPP where the file system cannot
    /// tell.</returns>
    public static SysResult PreadNow(FileDescriptorHandle file, Span<byte> buffer, ulong offset)
    {
        fixed (byte* pointer = buffer)
        {
            var vector = new IoVector { Base = pointer, Length = (nuint)buffer.Length };
            return Result(LibC.Preadv2(file, &vector, 1, (long)offset, RWF_NOWAIT));
        }
    }

    /// <summary>readlink(2).</summary>
    /// <param name="path">The link.</param>
    /// <param name="target">What it says; empty after an error.</param>
    public static SysResult ReadLink(string path, out string target)
    {
        var buffer = stackalloc byte[MaxLink];
        var count = LibC.ReadLink(path, buffer, MaxLink);
        var result = Result(count);
        target = result.IsError ? "" : Encoding.UTF8.GetString(buffer, (int)count);
        return result;
    }

    /// <summary>poll(2).</summary>
    /// <param name="files">What to wait for; the answers are written into it. Empty just waits.</param>
    /// <param name="timeout">Milliseconds; below zero waits for ever.</param>
    /// <returns>How many entries have an answer; 0 when the time is over.</returns>
    public static SysResult Poll(Span<PollFd> files, int timeout)
    {
        fixed (PollFd* pointer = files)
        {
            return Result(LibC.Poll(pointer, (nuint)files.Length, timeout));
        }
    }

    internal static Errno LastErrno() => (Errno)Marshal.GetLastPInvokeError();

    internal static SysResult Result(nint value) => value < 0 ? LastErrno() : SysResult.FromValue(value);
}
