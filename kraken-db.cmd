@echo off
rem Starts kraken-db from its sources: when they changed since the last build it builds first, into a new folder, so that
rem a program that is running keeps its files. CONTRIBUTING.md, "The launcher", has the procedure.
setlocal EnableExtensions DisableDelayedExpansion
set "kdb_root=%~dp0"
set "kdb_home=%~dp0artifacts\launcher"

where /q dotnet || (
  >&2 echo kraken-db: the .NET 10 SDK is missing: install it from https://dotnet.microsoft.com/download and try again
  exit /b 1
)
if not exist "%kdb_home%" mkdir "%kdb_home%"
set "kdb_seen=%kdb_home%\seen-%RANDOM%%RANDOM%.tmp"

call :look
call :is_current && goto start

rem The lock is the open file: Windows closes it with its owner, so that it cannot be left behind.
:lock
set "kdb_result="
8>&2 2>nul (
  9>"%kdb_home%\lock" (
    2>&8 call :build
  )
)
if not defined kdb_result (
  >&2 echo kraken-db: waiting for another build ...
  ping -n 3 127.0.0.1 >nul
  goto lock
)
if not "%kdb_result%"=="0" (
  del "%kdb_seen%" 2>nul
  exit /b 1
)

:start
del "%kdb_seen%" 2>nul
endlocal & dotnet "%kdb_home%\%kdb_build%\kraken-db.dll" %*
exit /b %errorlevel%

rem Every source with its size and time: a deleted file changes the list too.
:look
where /r "%kdb_root%src" /t *.* >"%kdb_seen%"
for %%f in ("%kdb_root%global.json" "%kdb_root%Directory.Build.props" "%kdb_root%Directory.Packages.props") do echo %%~tzf %%f>>"%kdb_seen%"
exit /b 0

:is_current
set "kdb_build="
if not exist "%kdb_home%\current" exit /b 1
set /p kdb_build=<"%kdb_home%\current"
if not exist "%kdb_home%\%kdb_build%\kraken-db.dll" exit /b 1
fc /b "%kdb_seen%" "%kdb_home%\%kdb_build%\sources.list" >nul 2>nul
exit /b %errorlevel%

:build
set "kdb_result=1"
call :look
call :is_current && (
  set "kdb_result=0"
  exit /b 0
)
set "kdb_previous=%kdb_build%"
set "kdb_build=build-%RANDOM%%RANDOM%"
set "DOTNET_NOLOGO=1"
set "DOTNET_CLI_TELEMETRY_OPTOUT=1"
echo.>"%kdb_home%\building"
start "" /b cmd /d /c "for /l %%i in (0,4,3600) do @if exist "%kdb_home%\building" (>&2 echo kraken-db: building ... %%i s& ping -n 5 127.0.0.1 >nul)"
pushd "%kdb_root%"
rem Compiled ahead of time a query starts in half the time; without the compiler's package it still runs.
set "kdb_ahead=true"
call :sdk restore || (
  set "kdb_ahead=false"
  call :sdk restore
)
if not errorlevel 1 call :sdk publish --no-restore -c Release -o "%kdb_home%\%kdb_build%"
set "kdb_result=%errorlevel%"
popd
del "%kdb_home%\building"
if not "%kdb_result%"=="0" (
  >&2 echo kraken-db: the build failed; the whole log is in %kdb_home%\build.log
  >&2 findstr /c:": error " /c:"error MSB" "%kdb_home%\build.log"
  exit /b 1
)
copy /y "%kdb_seen%" "%kdb_home%\%kdb_build%\sources.list" >nul
>"%kdb_home%\current.new" echo %kdb_build%
move /y "%kdb_home%\current.new" "%kdb_home%\current" >nul
rem A folder whose files are open cannot be renamed: what still runs stays.
for /d %%d in ("%kdb_home%\build-*") do if not "%%~nxd"=="%kdb_build%" if not "%%~nxd"=="%kdb_previous%" (
  ren "%%d" "old-%%~nxd" 2>nul && rmdir /s /q "%kdb_home%\old-%%~nxd"
)
exit /b 0

rem No compiler server: it would inherit the lock and keep it.
:sdk
dotnet %* src\KrakenDb.Cli -nr:false -p:ArtifactsPath="%kdb_home%\work" -p:UseCurrentRuntimeIdentifier=%kdb_ahead% -p:PublishReadyToRun=%kdb_ahead% -p:SelfContained=false -p:UseSharedCompilation=false -p:RunAnalyzers=false -p:EnforceCodeStyleInBuild=false -p:GenerateDocumentationFile=false -p:NuGetAudit=false >"%kdb_home%\build.log" 2>&1 <nul
exit /b %errorlevel%
