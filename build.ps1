#!/usr/bin/env pwsh
<#
.SYNOPSIS
  Builds, tests, measures or packs ZsMlc.MLNet. Every target is one call of dotnet, which it prints first.
.PARAMETER Target
  build, test, bench or pack.
.PARAMETER Configuration
  Release (default) or Debug.
.PARAMETER TorchBackend
  The native libtorch of the tests and samples: cpu (default), cuda, or none where ZSMLC_LIBTORCH names one.
.PARAMETER Arguments
  Further arguments, handed on as they are.
.EXAMPLE
  ./build.ps1 test
.EXAMPLE
  ./build.ps1 bench -Arguments classify
#>
[CmdletBinding(SupportsShouldProcess)]
param(
    [ValidateSet('build', 'test', 'bench', 'pack')]
    [string] $Target = 'build',

    [ValidateSet('Release', 'Debug')]
    [string] $Configuration = 'Release',

    [ValidateSet('cpu', 'cuda', 'none')]
    [string] $TorchBackend = 'cpu',

    [string[]] $Arguments = @()
)

$ErrorActionPreference = 'Stop'
$command = switch ($Target) {
    'build' { @('build', "$PSScriptRoot/ZsMlc.MLNet.sln", '-c', $Configuration, "-p:TorchBackend=$TorchBackend") }
    'test' { @('test', '--solution', "$PSScriptRoot/ZsMlc.MLNet.sln", '-c', $Configuration, "-p:TorchBackend=$TorchBackend") }
    'bench' { @('run', '--project', "$PSScriptRoot/test/ZsMlc.Benchmarks", '-c', $Configuration, "-p:TorchBackend=$TorchBackend", '--') }
    'pack' { @('pack', "$PSScriptRoot/ZsMlc.MLNet.sln", '-c', $Configuration) }
}
$command += $Arguments

"dotnet $($command -join ' ')"
if ($PSCmdlet.ShouldProcess($Target, 'dotnet')) {
    & dotnet @command
    if ($LASTEXITCODE -ne 0) { throw "dotnet $($command[0]) failed with exit code $LASTEXITCODE." }
}
