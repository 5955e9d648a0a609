namespace Viaduct.Devices.Registers;

/// <summary>Hears of accesses that meant nothing to the device: almost always a driver's mistake. The function's gate is
/// held.</summary>
public interface IRegisterObserver
{
    /// <summary>There is no register, or not for this width.</summary>
    void Unanswered(in RegisterAccess access);
}
