using System.Security.Cryptography;
using Dispatcher.Store;
using Dispatcher.Store.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Store.Postgres;

/// <summary>What the database does to a batch besides writing it: every answer is true, and where it cannot be known it says so.</summary>
[Collection(PostgresCollection.Name)]
public sealed class PostgresBrokenConnectionTests
{
    /// <summary>Ends the sessions that commit just now, each once, until it is told to stop; without a pause, so that every moment of a commit is met.</summary>
    private const string Kill =
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND query LIKE '%{schema}.commit_batch(%'";

    [Fact]
    public async Task Append_TellsTheTruthOrUnknown_WhenSessionsAreKilledWhileTheyCommit()
    {
        const int jobs = 20, appends = 40;
        await using var data = await PostgresData.Create();
        await using var store = await data.Open();
        var (unknown, rounds) = (0, 0);
        await using (var killer = await data.Connect())
        {
            // A commit is quick: it may take more than one round to meet one.
            while (unknown == 0 && rounds < 20)
            {
                var writing = Write(appends * rounds++);
                for (var kills = 0L; !writing.IsCompleted;)
                    if (kills < 40) kills += (long)(await data.Execute(killer, Kill))!;
                    else await writing;
                await writing;
            }
        }

        Assert.True(unknown > 0, "No commit was met.");
        for (var job = 0; job < jobs; job++)
            Assert.Equal(Enumerable.Range(1, appends * rounds).Select(n => (long)n), (await store.ReadEvents(Id(job), 0, 1000)).Select(@event => @event.SequenceNr));

        Task Write(long first) => Task.WhenAll(Enumerable.Range(0, jobs).Select(async job =>
        {
            await Task.Yield();
            for (var last = first; last < first + appends;)
            {
                var result = await store.Append(Append(Id(job), last));
                if (result is AppendResult.Unknown) Interlocked.Increment(ref unknown);
                else Assert.IsType<AppendResult.Appended>(result);
                var actual = (await store.ReadEvents(Id(job), 0, 1000)).Count;
                Assert.InRange(actual, result is AppendResult.Appended ? last + 1 : last, last + 1);
                last = actual;
            }
        }));
    }

    /// <summary>A connection that breaks while a statement is prepared leaves the driver with a name that the server does not know.</summary>
    [Fact]
    public async Task Read_TriesAgain_WhenTheServerHasForgottenAPreparedStatement()
    {
        await using var data = await PostgresData.Create();
        await using var database = new PostgresDatabase(data.Options);
        for (var i = 0; i < 10; i++) Assert.Equal(1, await database.Read(One));
        await database.Read(static async (database, connection) =>
        {
            await using var forget = database.Command(connection, "DEALLOCATE ALL");
            return await forget.ExecuteNonQueryAsync();
        });

        Assert.Equal(1, await database.Read(One));

        static async Task<int> One(PostgresDatabase database, NpgsqlConnection connection)
        {
            await using var command = database.Command(connection, "SELECT 1");
            return (int)(await command.ExecuteScalarAsync())!;
        }
    }

    [Fact]
    public async Task Append_FailsAlone_WhenTheDatabaseRefusesWhatIsInIt()
    {
        await using var data = await PostgresData.Create();
        await using var store = await data.Open();
        var tooLong = Convert.ToHexString(RandomNumberGenerator.GetBytes(8000));
        var follower = new JournalFollower();
        using var listening = store.ListenToOwn(follower);
        AppendRequest[] requests = [Append(Id(1)), Append(Id(2)) with { Claims = [new Claim("a", tooLong)] }, Append(Id(3)) with { Claims = [new Claim("a", "1")] }];

        var results = await Task.WhenAll(requests.Select(request => store.Append(request).AsTask()).ToList());

        Assert.IsType<AppendResult.Appended>(results[0]);
        Assert.StartsWith("the database refused", Assert.IsType<AppendResult.Unknown>(results[1]).Cause, StringComparison.Ordinal);
        Assert.IsType<AppendResult.Appended>(results[2]);
        Assert.Equal([Id(1), Id(3)], follower.Heard.Select(append => append.JobId));
    }

    [Fact]
    public async Task Append_GoesOn_WhenTheDatabaseHasRoomAgain()
    {
        await using var data = await PostgresData.CreateNew();
        await using var store = await data.Open();
        await data.Execute("CREATE FUNCTION {schema}.no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no space left' USING ERRCODE = 'disk_full'; END $$");
        await data.Execute("CREATE TRIGGER no_room BEFORE INSERT ON {schema}.snapshots EXECUTE FUNCTION {schema}.no_room()");
        for (var n = 0; n < 3; n++)
        {
            var refused = Assert.IsType<AppendResult.Unknown>(await store.Append(Append(Id(1)) with { Snapshot = Snapshot() }));
            Assert.StartsWith("the database's disk is full", refused.Cause, StringComparison.Ordinal);
        }

        await data.Execute("DROP TRIGGER no_room ON {schema}.snapshots");
        Assert.IsType<AppendResult.Appended>(await store.Append(Append(Id(1)) with { Snapshot = Snapshot() }));
    }

    [Fact]
    public async Task Append_KeepsTextThatPostgresCannot_WithAReplacement()
    {
        await using var data = await PostgresData.Create();
        await using var store = await data.Open();
        var row = Row(Id(1)) with { CorrelationId = "a\0b\uD800c" };

        Assert.IsType<AppendResult.Appended>(await store.Append(Append(Id(1)) with { Row = row, Claims = [new Claim("a", "\0")] }));

        Assert.Equal("a\uFFFDb\uFFFDc", (await store.FindJob(Id(1)))!.CorrelationId);
    }

    [Fact]
    public async Task Append_IsTriedAgain_WhenADeadlockUndidIt()
    {
        await using var data = await PostgresData.Create();
        var hasty = data.Options with { ConnectionString = data.Options.ConnectionString + ";Options=-c deadlock_timeout=100ms" };
        await using var store = await PostgresJobStore.Open(hasty, TimeProvider.System, NullLogger.Instance);
        await store.Append(Append(Id(1)) with { Row = Row(Id(1)) });
        await using var other = await data.Connect();
        await using var locking = await other.BeginTransactionAsync();
        await data.Execute(other, "LOCK TABLE {schema}.snapshots IN SHARE ROW EXCLUSIVE MODE");
        await data.Execute(other, "SET LOCAL deadlock_timeout = '10min'");
        await using var stopper = await data.Connect();
        await using var stopping = await stopper.BeginTransactionAsync();
        await data.Execute(stopper, "LOCK TABLE {schema}.job_counts IN SHARE ROW EXCLUSIVE MODE");

        // The append holds the job's row and is stopped on its way to the snapshots, until the other side, which holds those, waits for the row: when it goes on, the
        // deadlock is there before it begins to wait, and it is the one whose timeout is over first, however slow the machine is.
        var append = store.Append(Append(Id(1), expected: 1) with { Row = Row(Id(1)), Snapshot = Snapshot() }).AsTask();
        await data.Until("EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND relation = '{schema}.job_counts'::regclass)");
        var update = data.Execute(other, $"UPDATE {{schema}}.jobs SET priority = 9 WHERE job_id = '{Id(1)}'");
        await data.Until(PostgresData.IsWaiting(other.ProcessID));
        await stopping.CommitAsync();
        await update;
        await locking.CommitAsync();

        Assert.IsType<AppendResult.Appended>(await append);
        Assert.True(store.Commits!.Retries > 0);
    }

    /// <summary>The server ends a transaction that nobody goes on with, so that a node which stands still holds nobody up: nothing of it is written.</summary>
    [Fact]
    public async Task RareWrite_IsTriedAgain_WhenTheNodeStoodStillInTheMiddleOfIt()
    {
        await using var data = await PostgresData.Create();
        await using var store = await data.Open();
        await using var database = new PostgresDatabase(data.Options);
        var tries = 0;

        var written = await database.Write(store.Incarnation, async (_, connection) =>
        {
            if (++tries == 1)
            {
                await data.Execute(connection, "SET LOCAL idle_in_transaction_session_timeout = 1");
                await data.Until($"NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = {connection.ProcessID})");
            }

            return await data.Execute(connection, "SELECT 7");
        });

        Assert.Equal((7, 2), (written, tries));
    }

    [Fact]
    public void Options_AreRefused_WhenTheyCannotWork()
    {
        var options = new PostgresStoreOptions { ConnectionString = "Host=127.0.0.1" };
        Assert.Throws<StoreException>(() => (options with { Schema = "a\"; DROP" }).Validate());
        Assert.Throws<StoreException>(() => (options with { ShardCount = 0 }).Validate());
        Assert.Throws<StoreException>(() => (options with { BatchLimitEvents = 65_537 }).Validate());
    }
}
