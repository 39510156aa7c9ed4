using System.Diagnostics;
using System.Runtime.InteropServices;

namespace KrakenDb.Benchmarks;

/// <summary>The machine and this process as the operating system sees them.</summary>
internal static class Machine
{
    /// <summary>The folder with the solution, above the working directory or above the program.</summary>
    public static string RepositoryRoot { get; } = FindRoot(Environment.CurrentDirectory) ?? FindRoot(AppContext.BaseDirectory) ?? Environment.CurrentDirectory;

    public static string CpuName { get; } = FindCpuName();

    public static string CpuSlug => string.Join('-', string.Concat(CpuName.ToLowerInvariant().Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : ' ')).Split(' ', StringSplitOptions.RemoveEmptyEntries));

    public static string Description =>
        $"{CpuName}, {Environment.ProcessorCount} logical cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20:N0} MiB; {RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}";

    /// <summary>The share of all cores that this process gets when it asks for all of them: 1 on a quiet machine.</summary>
    public static double AvailableShare()
    {
        var started = Stopwatch.GetTimestamp();
        var before = Environment.CpuUsage.TotalTime;
        var threads = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(Spin)).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return Math.Min(1, (Environment.CpuUsage.TotalTime - before) / (Stopwatch.GetElapsedTime(started) * Environment.ProcessorCount));

        void Spin()
        {
            while (Stopwatch.GetElapsedTime(started).TotalMilliseconds < 300)
            {
            }
        }
    }

    /// <summary>Frees what can be freed and starts the measurement of <see cref="PeakMemory"/> anew, where the system can do that (Linux).</summary>
    public static void ResetPeakMemory()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        try
        {
            File.WriteAllText("/proc/self/clear_refs", "5");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Then the peak is that of the whole run so far.
        }
    }

    /// <summary>Largest resident set of this process since the last reset, bytes.</summary>
    public static long PeakMemory()
    {
        const string status = "/proc/self/status";
        if (File.Exists(status) && File.ReadLines(status).FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)) is { } line)
        {
            return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2]) * 1024;
        }

        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    private static string FindCpuName()
    {
        const string info = "/proc/cpuinfo";
        return File.Exists(info) && File.ReadLines(info).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) is { } line
            ? line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()
            : Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? $"{RuntimeInformation.OSArchitecture}".ToLowerInvariant();
    }

    private static string? FindRoot(string start)
    {
        for (var directory = new DirectoryInfo(start); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "KrakenDb.slnx")))
            {
                return directory.FullName;
            }
        }

        return null;
    }
}
