using KrakenDb.DuckDb.Native;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.DuckDb.Native;

public sealed class DuckDbLibraryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("krakendb-library-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_library_is_the_version_of_the_lock_file() => DuckDbLibrary.Version.ShouldBe("v1.5.5");

    [Fact]
    public void The_library_lies_beside_the_program() =>
        File.Exists(Path.Combine(AppContext.BaseDirectory, DuckDbLibrary.FileName)).ShouldBeTrue();

    [Fact]
    public void A_missing_library_lists_what_was_tried_and_the_next_step()
    {
        var exception = Should.Throw<DllNotFoundException>(() => DuckDbLibrary.Load(null, _folder));

        exception.Message.ShouldContain(Path.Combine(_folder, DuckDbLibrary.FileName));
        exception.Message.ShouldContain(Path.Combine(_folder, "runtimes"));
        exception.Message.ShouldContain("no such file");
        exception.Message.ShouldContain("npm");
        exception.Message.ShouldContain(DuckDbLibrary.PathVariable);
    }

    [Fact]
    public void A_given_path_is_the_only_one_tried()
    {
        var given = Path.Combine(_folder, "other", DuckDbLibrary.FileName);

        var exception = Should.Throw<DllNotFoundException>(() => DuckDbLibrary.Load(given, AppContext.BaseDirectory));

        exception.Message.ShouldContain(given);
        exception.Message.ShouldContain($"Correct {DuckDbLibrary.PathVariable}");
        exception.Message.ShouldNotContain(AppContext.BaseDirectory);
    }

    [Fact]
    public void A_given_folder_may_hold_the_library() =>
        DuckDbLibrary.Load(AppContext.BaseDirectory, _folder).ShouldNotBe(0);

    [Fact]
    public void A_file_that_is_no_library_is_reported_with_the_reason_of_the_system()
    {
        var path = Path.Combine(_folder, DuckDbLibrary.FileName);
        File.WriteAllText(path, "not a library");

        var exception = Should.Throw<DllNotFoundException>(() => DuckDbLibrary.Load(null, _folder));

        exception.Message.ShouldContain(path);
        exception.Message.ShouldNotContain($"{path}: no such file");
    }
}
