using KrakenDb.Tests.Books;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Storage;

/// <content>Order books: whole recordings go, and what is left proves itself.</content>
public abstract partial class RetentionContract
{
    private IBookArchive Archive => BookArchive.Of(_store);

    [Fact]
    public async Task Recordings_that_ended_before_the_edge_go_as_a_whole_and_the_others_stay_to_the_byte()
    {
        await RecordedBooks.FillAsync(_store);
        var sessions = await Archive.GetCaptureSessionsAsync(default);
        var frames = await RecordedBooks.FramesAsync(Archive, 5);
        (await RunAsync()).ShouldBeEmpty("nothing is dropped before it is asked for");
        (await Archive.GetCaptureSessionsAsync(default)).Count.ShouldBe(sessions.Count);
        await _store.SetRetentionAsync(DataType.Books, RecordedBooks.KeepDays, default);

        var lines = await RunAsync();

        lines.ShouldBe(sessions.Where(row => RecordedBooks.Old.Contains(row.SessionId)).GroupBy(row => row.Symbol).OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => new RetentionRun.Line(group.Key, "books", RecordedBooks.Edge, new ExpiredRows(group.Sum(row => row.Messages), 0))));
        lines.Sum(line => line.Rows.Dropped).ShouldBe(2_858, "377 frames of which each comes twice, and 2,104");
        (await Archive.GetCaptureSessionsAsync(default)).ShouldBe(sessions.Where(row => !RecordedBooks.Old.Contains(row.SessionId)));
        (await RecordedBooks.FramesAsync(Archive, 1)).ShouldBeEmpty();
        (await RecordedBooks.FramesAsync(Archive, 5)).ShouldBe(frames);
        (await Archive.GetIncidentsAsync(default)).Select(incident => (incident.SessionId, incident.Sequence)).ShouldBe([(5, 150)]);
        (await Archive.FindKeyframeAsync(2, RecordedBooks.Symbol, long.MaxValue, byExchangeTime: false, long.MaxValue, default)).ShouldBeNull();
        (await Archive.FindKeyframeAsync(6, RecordedBooks.Symbol, long.MaxValue, byExchangeTime: false, long.MaxValue, default)).ShouldNotBeNull();
        await ShouldProveItselfAsync();
        await ReopenAsync();
        await ShouldProveItselfAsync();
        (await RecordedBooks.ContentAsync(_store)).ShouldBe(await RecordedBooks.ExpectedAsync());
        (await RunAsync()).ShouldBeEmpty();
        (await RecordedBooks.ContentAsync(_store)).ShouldBe(await RecordedBooks.ExpectedAsync());
    }

    [Fact]
    public async Task The_time_of_a_dropped_recording_is_expired_but_for_what_another_proves()
    {
        await RecordedBooks.FillAsync(_store);
        var other = (await Archive.GetCaptureSessionsAsync(default)).Single(row => row is { SessionId: 1, Symbol: RecordedBooks.Second });
        var proven = (await _store.GetCoverageAsync(RecordedBooks.Symbol, "book_10")).Stored();
        await _store.SetRetentionAsync(DataType.Books, RecordedBooks.KeepDays, default);
        await RunAsync();

        // A market that nobody else recorded: one range, in which the wrong checksum lies, too.
        (await _store.GetCoverageAsync(RecordedBooks.Second, "book_10")).ShouldBe(
            [new CoverageRange { Range = new TimeRange(UnixTime.Microseconds(other.StartTime), UnixTime.Microseconds(other.EndTime) + 1), Source = CandleSource.None, Grade = CoverageGrade.Expired }]);

        // One that others recorded: less is proven than before, and nothing new.
        var coverage = await _store.GetCoverageAsync(RecordedBooks.Symbol, "book_10");
        coverage.Count(range => range.Grade == CoverageGrade.Expired).ShouldBeGreaterThan(5);
        coverage.Stored().ShouldAllBe(range => proven.Any(before => before.StartMicroseconds <= range.StartMicroseconds && before.EndMicroseconds >= range.EndMicroseconds));
        coverage.Stored().ShouldNotBe(proven);

        // The second lies within the unbroken chain of the sixth; before that began to be as deep, only the first was there.
        (await _store.GetCoverageAsync(RecordedBooks.Symbol, "book_25")).Select(range => range.Grade).ShouldBe([CoverageGrade.Expired, CoverageGrade.Proven]);
    }

    [Fact]
    public async Task A_run_that_was_killed_between_two_recordings_leaves_what_proves_itself_and_is_ended_by_the_next()
    {
        await RecordedBooks.FillAsync(_store);
        await _store.SetRetentionAsync(DataType.Books, RecordedBooks.KeepDays, default);
        (await Archive.ExpireAsync(1, RecordedBooks.Edge, CaptureText.Wire, default)).Select(row => row.Symbol).ShouldBe(["", RecordedBooks.Symbol, RecordedBooks.Second]);
        await ReopenAsync();

        (await Archive.GetCaptureSessionsAsync(default)).Select(row => row.SessionId).Distinct().Order().ShouldBe([2, 3, 4, 5, 6]);
        (await new BookVerifier(_store, CaptureText.Wire).VerifyAsync()).Damage.ShouldBeEmpty();
        (await RunAsync()).Select(line => line.Symbol).ShouldBe(["", RecordedBooks.Symbol]);

        (await RecordedBooks.ContentAsync(_store)).ShouldBe(await RecordedBooks.ExpectedAsync());
    }

    [Fact]
    public async Task A_recording_that_goes_on_or_is_unknown_is_left_alone()
    {
        await RecordedBooks.FillAsync(_store);
        var before = await RecordedBooks.ContentAsync(_store);
        var end = (await Archive.GetCaptureSessionsAsync(default)).Where(row => row.SessionId == 3).Max(row => row.EndTime);

        (await Archive.ExpireAsync(3, end, CaptureText.Wire, default)).ShouldBeEmpty("its last frame came at the edge");
        (await Archive.ExpireAsync(99, RecordedBooks.Now, CaptureText.Wire, default)).ShouldBeEmpty();
        (await RecordedBooks.ContentAsync(_store)).ShouldBe(before);

        (await Archive.ExpireAsync(3, end.AddMicroseconds(1), CaptureText.Wire, default)).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_dropped_recording_that_comes_back_is_whole_again_and_goes_with_the_next_run()
    {
        await RecordedBooks.FillAsync(_store);
        var before = await RecordedBooks.ContentAsync(_store);
        await _store.SetRetentionAsync(DataType.Books, RecordedBooks.KeepDays, default);
        await RunAsync();

        await RecordedBooks.FillAsync(_store);
        await ShouldProveItselfAsync();
        (await RecordedBooks.FramesAsync(Archive, 1)).ShouldBe(before.Split('\n').Where(line => line.StartsWith("1 ", StringComparison.Ordinal)).Select(line => line[2..]));
        await RunAsync();

        (await RecordedBooks.ContentAsync(_store)).ShouldBe(await RecordedBooks.ExpectedAsync());
    }

    [Fact]
    public async Task A_replay_of_what_was_dropped_says_so()
    {
        await RecordedBooks.FillAsync(_store);
        await _store.SetRetentionAsync(DataType.Books, RecordedBooks.KeepDays, default);
        await RunAsync();
        var history = OrderBooks.Of(_store, _clock);
        var query = new BookReplayQuery { Symbol = RecordedBooks.Symbol, Start = Rows.Start.AddDays(20).AddSeconds(2) };

        var refused = await Should.ThrowAsync<IncompleteDataException>(() => CountAsync(query));
        refused.Message.ShouldContain("(dropped by retention)");
        (await history.GetHolesAsync(query, default)).Count(hole => hole.IsExpired).ShouldBeGreaterThan(5);
        (await CountAsync(query with { AllowGaps = true })).ShouldBe((await Archive.GetCaptureSessionsAsync(default)).Where(row => row.Symbol == RecordedBooks.Symbol).Sum(row => row.Messages));
        (await Should.ThrowAsync<UnknownSymbolException>(() => CountAsync(query with { Symbol = RecordedBooks.Second }))).Message.ShouldContain("is stored any more: retention dropped what was recorded up to 2024-01-21T00:12:3");

        async Task<long> CountAsync(BookReplayQuery asked)
        {
            long count = 0;
            await foreach (var item in history.ReplayAsync(asked))
            {
                count += item.Message is null ? 0 : 1;
            }

            return count;
        }
    }

    [Fact]
    public async Task A_copy_of_a_store_whose_recordings_went_ends_equal()
    {
        if (_store is not ITableStore)
        {
            return;
        }

        await RecordedBooks.FillAsync(_store);
        await _store.SetRetentionAsync(DataType.Books, RecordedBooks.KeepDays, default);
        await RunAsync();
        await using var place = new DuckDbPlace();
        await using var destination = await place.OpenAsync(_clock);

        (await new StoreCopy(_store, destination, CaptureText.Wire).RunAsync(default)).Checks.ShouldAllBe(check => check.Verdict == CopyVerdict.Same);

        (await RecordedBooks.ContentAsync(destination)).ShouldBe(await RecordedBooks.ExpectedAsync());
        (await new StoreCopy(_store, destination, CaptureText.Wire).RunAsync(default)).WasEqual.ShouldBeTrue();
    }

    // Whole, and coverage claims what the chains of checksums prove: nothing more and nothing less.
    private async Task ShouldProveItselfAsync()
    {
        var certificate = await new BookVerifier(_store, CaptureText.Wire).VerifyAsync();
        certificate.Damage.ShouldBeEmpty();
        foreach (var group in certificate.Ranges.GroupBy(entry => (entry.Symbol, entry.DataType), entry => entry.Range.Range))
        {
            (await _store.GetCoverageAsync(group.Key.Symbol, group.Key.DataType)).Where(range => range.Grade == CoverageGrade.Proven).Select(range => range.Range).ShouldBe(group, group.Key.ToString());
        }
    }
}
