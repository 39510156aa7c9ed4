namespace KrakenDb.Cli;

/// <summary>Records on a command's output.</summary>
internal static class PrintedRecords
{
    extension(Records records)
    {
        /// <summary>One array, or a header and a line per row.</summary>
        public void PrintAll(CommandContext context, OutputFormat format) => records.WriteAll(context.Output, format);

        /// <summary>The only row as one object, or a header and one line.</summary>
        public void PrintOne(CommandContext context, OutputFormat format) => records.WriteOne(context.Output, format);
    }
}
