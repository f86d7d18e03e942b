// What is installed when the tool is first called; its types are not looked at, for they are not there before that.
declare module '@microsoft/api-extractor';
declare module 'typedoc';
