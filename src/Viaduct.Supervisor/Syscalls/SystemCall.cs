namespace Viaduct.Supervisor.Syscalls;

/// <summary>System-call numbers, asm/unistd_64.h of x86. Another architecture replaces this file.</summary>
internal static class SystemCall
{
    public const uint AUDIT_ARCH = 0xC000003E; // AUDIT_ARCH_X86_64
    public const int X32Bit = 0x40000000;

    public const int Read = 0;
    public const int Write = 1;
    public const int Open = 2;
    public const int Close = 3;
    public const int Stat = 4;
    public const int FStat = 5;
    public const int LStat = 6;
    public const int LSeek = 8;
    public const int Mmap = 9;
    public const int Ioctl = 16;
    public const int PRead64 = 17;
    public const int PWrite64 = 18;
    public const int ReadV = 19;
    public const int WriteV = 20;
    public const int Access = 21;
    public const int Dup = 32;
    public const int Dup2 = 33;
    public const int SendFile = 40;
    public const int Execve = 59;
    public const int Fcntl = 72;
    public const int FSync = 74;
    public const int FDataSync = 75;
    public const int FTruncate = 77;
    public const int GetDents = 78;
    public const int GetCwd = 79;
    public const int ChDir = 80;
    public const int FChDir = 81;
    public const int ReadLink = 89;
    public const int StatFs = 137;
    public const int FStatFs = 138;
    public const int GetXAttr = 191;
    public const int LGetXAttr = 192;
    public const int ListXAttr = 194;
    public const int LListXAttr = 195;
    public const int SchedSetAffinity = 203;
    public const int SchedGetAffinity = 204;
    public const int GetDents64 = 217;
    public const int OpenAt = 257;
    public const int NewFStatAt = 262;
    public const int ReadLinkAt = 267;
    public const int FAccessAt = 269;
    public const int EventFd = 284;
    public const int Splice = 275;
    public const int FAllocate = 285;
    public const int EventFd2 = 290;
    public const int Dup3 = 292;
    public const int PReadV = 295;
    public const int PWriteV = 296;
    public const int ExecveAt = 322;
    public const int PReadV2 = 327;
    public const int PWriteV2 = 328;
    public const int StatX = 332;
    public const int CloseRange = 436;
    public const int OpenAt2 = 437;
    public const int FAccessAt2 = 439;
}
