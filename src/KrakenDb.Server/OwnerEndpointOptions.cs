using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace KrakenDb.Server;

/// <summary>How an owner answers.</summary>
internal sealed record OwnerEndpointOptions
{
    /// <summary>On 127.0.0.1; 0 for any that is free.</summary>
    public int Port { get; init; }

    /// <summary>What clients must show; null for a new random one.</summary>
    public string? Token { get; init; }

    /// <summary>Where the token is left for clients that know the port only; null for nowhere.</summary>
    public string? TokenFolder { get; init; }

    /// <summary>Of the program, told to those who ask.</summary>
    public string Version { get; init; } = "";

    /// <summary>Why a command is not carried out here; null where it is.</summary>
    public Func<CommandRequest, string?> RefuseCommand { get; init; } = _ => "This owner carries out no commands.";

    public CommandRunner RunCommand { get; init; } = (_, _, _, _) => Task.FromResult(2);

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;
}
