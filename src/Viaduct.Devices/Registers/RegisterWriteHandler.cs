namespace Viaduct.Devices.Registers;

/// <summary>Hears of stores to a register, after its value has changed.</summary>
public delegate void RegisterWriteHandler(in RegisterWrite write);
