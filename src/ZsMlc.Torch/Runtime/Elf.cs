namespace ZsMlc.Torch.Runtime;

/// <summary>Numbers of the ELF format: types of segments and tags of the dynamic table, by the names of <c>elf.h</c>.</summary>
internal static class Elf
{
    public const uint PtLoad = 1, PtDynamic = 2, PtGnuStack = 0x6474e551;

    public const long DtNull = 0, DtNeeded = 1, DtHash = 4, DtStrTab = 5, DtSymTab = 6, DtStrSz = 10, DtSymEnt = 11, DtSoName = 14, DtVerNeed = 0x6ffffffe, DtVerNeedNum = 0x6fffffff;
}
