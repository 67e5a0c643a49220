using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;

namespace ZsMlc.Packaging.Tests;

[TestClass]
public sealed class BuildScriptTests
{
    private static readonly string s_script = Path.Combine(Repository.Root, "build.ps1");

    [TestMethod]
    public void Script_Parsed_HasNoSyntaxError()
    {
        Parser.ParseFile(s_script, out _, out var errors);
        Assert.IsEmpty(errors, string.Join("; ", errors.Select(e => e.Message)));
    }

    [TestMethod]
    [DataRow("build", "dotnet build ", "-c Release -p:TorchBackend=cpu")]
    [DataRow("test", "dotnet test ", "-c Release -p:TorchBackend=cpu")]
    [DataRow("bench", "dotnet run ", "-c Release -p:TorchBackend=cpu --")]
    [DataRow("pack", "dotnet pack ", "-c Release")]
    public void WhatIf_EachTarget_PrintsTheCommandAndRunsNothing(string target, string start, string end)
    {
        var (output, errors) = Invoke(("Target", target), ("WhatIf", true));
        Assert.IsEmpty(errors, string.Join("; ", errors));
        Assert.HasCount(1, output, string.Join('\n', output));
        StringAssert.StartsWith(output[0], start);
        StringAssert.EndsWith(output[0], end);
    }

    [TestMethod]
    public void WhatIf_CudaBackend_SwitchesTheNativePackage() =>
        StringAssert.Contains(Invoke(("Target", "build"), ("TorchBackend", "cuda"), ("WhatIf", true)).Output[0], "-p:TorchBackend=cuda");

    [TestMethod]
    public void Target_Unknown_IsRefused() =>
        Assert.Throws<ParameterBindingException>(() => Invoke(("Target", "deploy"), ("WhatIf", true)));

    private static (List<string> Output, List<string> Errors) Invoke(params (string Name, object Value)[] parameters)
    {
        using var runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
        runspace.Open();
        using var shell = PowerShell.Create(runspace);
        shell.AddCommand(s_script);
        foreach (var (name, value) in parameters)
        {
            shell.AddParameter(name, value);
        }

        var output = shell.Invoke().Select(o => o.ToString()).ToList();
        return (output, shell.Streams.Error.Select(e => e.ToString()).ToList());
    }
}
